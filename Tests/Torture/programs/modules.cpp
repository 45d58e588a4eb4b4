/// dlopen and dlclose in a loop in four threads while others allocate; exceptions in, from and through the modules.
#include <dlfcn.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "torture.h"

static std::atomic<bool> stop;
static std::atomic<long> caught;
static const char *module_path;

static long thrower(long value) { throw std::length_error(std::string(size_t(value % 100 + 1), 't')); }

static void load_and_throw(int rounds) {
    for (int round = 0; round < rounds; round++) {
        void *module = dlopen(module_path, RTLD_NOW | RTLD_LOCAL);
        REQUIRE(module);
        auto throw_from = reinterpret_cast<void (*)(int)>(dlsym(module, "throw_from_module"));
        auto through = reinterpret_cast<long (*)(long (*)(long), long)>(dlsym(module, "call_through_module"));
        REQUIRE(throw_from && through);
        try {
            throw_from(round % 20);
        } catch (const std::runtime_error &error) {
            REQUIRE(std::string(error.what()) == "thrown in the module");
            caught++;
        }
        try {
            through(thrower, round);
        } catch (const std::length_error &error) {
            REQUIRE(std::string(error.what()).size() == size_t(round % 100 + 1));
            caught++;
        }
        REQUIRE(dlopen("/no/such/module.so", RTLD_NOW) == nullptr && dlerror() != nullptr);
        dlclose(module);
    }
}

static void allocate(uint64_t seed) {
    uint64_t state = torture_seed(seed, 5);
    void *blocks[100] = {};
    size_t sizes[100] = {};
    while (!stop) {
        size_t at = torture_next(&state) % 100;
        if (blocks[at]) drop(blocks[at], sizes[at], uint8_t(at));
        blocks[at] = make(sizes[at] = 1 + torture_next(&state) % 2000, uint8_t(at));
    }
    for (size_t at = 0; at < 100; at++)
        if (blocks[at]) drop(blocks[at], sizes[at], uint8_t(at));
}

static void all(int rounds) {
    stop = false;
    std::vector<std::thread> others;
    for (int i = 0; i < 2; i++) others.emplace_back(allocate, uint64_t(i));
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++) threads.emplace_back(load_and_throw, rounds);
    for (auto &thread : threads) thread.join();
    stop = true;
    for (auto &thread : others) thread.join();
}

int main(int count, char **values) {
    module_path = values[1];
    long rounds = argument(count, values, 2, 50);
    all(3);
    checkpoint("start");
    all(int(rounds));
    // The loader's own tables (scopes, static TLS bookkeeping, dtvs) grow with what was loaded at once.
    checkpoint_loose("end", 64 * 1024, 200);
    say("%ld caught, %lld bytes left\n", caught.load(), (long long)known_bytes);
    return 0;
}
