/// thread_local destructors and key destructors that allocate and free, also after the library has taken its slot back.
#include <pthread.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "torture.h"

static pthread_key_t keys[3];
static long destroyed;

struct Late {
    std::vector<std::string> lines;
    ~Late() {
        std::vector<std::string> more(lines);
        for (auto &line : more) line += std::string(300, 'y');
        REQUIRE(more.size() == lines.size() && (more.empty() || more.back().size() == lines.back().size() + 300));
        __atomic_fetch_add(&destroyed, 1, __ATOMIC_RELAXED);
    }
};

static thread_local Late late;
static thread_local std::unique_ptr<Late> owned;

struct Value {
    size_t key, round;
};

static void set(size_t key, size_t round) {
    Value *value = static_cast<Value *>(malloc(sizeof *value));
    *value = {key, round};
    pthread_setspecific(keys[key], value);
}

/// Sets its key again twice: destructors run in rounds (nptl/nptl_deallocate_tsd.c), the shim's among them.
static void round_again(void *given) {
    auto [key, round] = *static_cast<Value *>(given);
    free(given);
    void *block = malloc(100 + round);
    fill(block, 100 + round, 9);
    REQUIRE(intact(block, 100 + round, 100 + round, 9));
    free(block);
    __atomic_fetch_add(&destroyed, 1, __ATOMIC_RELAXED);
    if (round < 3) set(key, round + 1);
}

static void work(int index) {
    for (int i = 0; i < index % 7; i++) late.lines.push_back(std::string(size_t(40 * i), 'x'));
    owned = std::make_unique<Late>();
    owned->lines = late.lines;
    for (size_t key = 0; key < 3; key++) set(key, 1);
}

static void many(int first, int count) {
    for (int i = first; i < first + count; i += 4) {
        std::vector<std::thread> threads;
        for (int j = 0; j < 4; j++) threads.emplace_back(work, i + j);
        for (auto &thread : threads) thread.join();
    }
}

int main() {
    for (auto &key : keys) pthread_key_create(&key, round_again);
    many(0, 8); // afterwards the stacks, and what libc keeps for them, are cached
    checkpoint("start");
    many(0, 400);
    checkpoint("ended");
    say("%ld destroyed\n", destroyed);
    return 0;
}
