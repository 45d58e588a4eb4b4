/// Allocation from frames that are hard to unwind, in code that comes and goes, under signals; the same answers whatever
/// is sampled. Arguments: two modules that are one file under two names.
#include <dlfcn.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "torture.h"

static const char *paths[2];

/// A block from each of two modules that were loaded at the same addresses one after the other: each must have its own
/// module's name, which the runner looks up by what was asked for.
static void *blocks[2][8];

static void load_in_turn(int rounds) {
    for (int round = 0; round < rounds; round++) {
        int which = round % 2;
        void *module = dlopen(paths[which], RTLD_NOW | RTLD_LOCAL);
        REQUIRE(module);
        auto allocate = reinterpret_cast<void *(*)(size_t)>(dlsym(module, "allocate_in_module"));
        REQUIRE(allocate);
        void *&block = blocks[which][round / 2 % 8];
        if (block) know(block, -1), free(block);
        block = allocate(size_t(7001 + which * 1000 + round / 2 % 8));
        know(block, 1);
        dlclose(module);
    }
}

static void drop_turns() {
    for (auto &of_one : blocks)
        for (void *&block : of_one) know(block, -1), free(block), block = nullptr;
}

static volatile int never;

/// Deeper than is kept of a stack.
__attribute__((noinline)) static void *deep(int depth) {
    if (depth == 0) return make(9001, 1);
    void *block = deep(depth - 1);
    if (never) say("%d", depth); // no tail call
    return block;
}

/// Code without unwind information, as a JIT makes it: calls what it is given with what it is given, on a frame that no
/// frame pointer tells of.
static void *call_from_mapped_code(size_t bytes) {
#if defined(__x86_64__)
    // sub rsp, 24; mov rax, rsi; call rax; add rsp, 24; ret
    static const unsigned char code[] = {0x48, 0x83, 0xec, 0x18, 0x48, 0x89, 0xf0, 0xff, 0xd0, 0x48, 0x83, 0xc4, 0x18, 0xc3};
#else
    // stp x29, x30, [sp, -32]!; blr x1; ldp x29, x30, [sp], 32; ret
    static const unsigned char code[] = {0xfd, 0x7b, 0xbe, 0xa9, 0x20, 0x00, 0x3f, 0xd6,
                                         0xfd, 0x7b, 0xc2, 0xa8, 0xc0, 0x03, 0x5f, 0xd6};
#endif
    void *page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(page != MAP_FAILED);
    memcpy(page, code, sizeof code);
    REQUIRE(mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0);
    __builtin___clear_cache(static_cast<char *>(page), static_cast<char *>(page) + sizeof code);
    auto jitted = reinterpret_cast<void *(*)(size_t, void *(*)(size_t))>(page);
    void *block = jitted(bytes, [](size_t asked) { return make(asked, 2); });
    munmap(page, 4096);
    return block;
}

static ucontext_t back, contexts[4];
static void *from_context[4];

static void in_context(int index) {
    from_context[index] = make(size_t(4000 + index), uint8_t(index));
    swapcontext(&contexts[index], &back);
    drop(from_context[index], size_t(4000 + index), uint8_t(index));
}

/// Stacks of 16 KiB: some programs give their coroutines no more.
static void coroutines() {
    std::vector<char> stacks[4];
    for (int i = 0; i < 4; i++) {
        stacks[i].resize(16384);
        getcontext(&contexts[i]);
        contexts[i].uc_stack.ss_sp = stacks[i].data();
        contexts[i].uc_stack.ss_size = stacks[i].size();
        contexts[i].uc_link = &back;
        makecontext(&contexts[i], reinterpret_cast<void (*)()>(in_context), 1, i);
        swapcontext(&back, &contexts[i]);
    }
    for (int i = 0; i < 4; i++) swapcontext(&back, &contexts[i]);
}

static thread_local int busy;
static std::atomic<long> handled;

/// Not what a handler may do, but what some do: it stays out of the way of an allocation that it interrupted in libc. What
/// it interrupts is then the library's own work after it, or nothing.
static void on_profile(int) {
    if (busy) return;
    void *block = make(3000, 3);
    drop(block, 3000, 3);
    handled++;
}

static void thrower(int depth) {
    std::vector<int> held(size_t(depth + 10));
    if (depth == 0) throw std::runtime_error("thrown");
    thrower(depth - 1);
    held[0]++;
}

int main(int count, char **values) {
    REQUIRE(count == 4);
    paths[0] = values[1];
    paths[1] = values[2];
    int rounds = atoi(values[3]);
    load_in_turn(2);
    drop_turns();
    load_in_turn(rounds);
    void *deepest = deep(10000);
    void *jitted = call_from_mapped_code(9002);
    coroutines();
    checkpoint_loose("frames", 64 * 1024, 200);
    drop(deepest, 9001, 1);
    drop(jitted, 9002, 2);
    drop_turns();
    for (int i = 0; i < 300; i++) try {
            thrower(i % 60);
        } catch (const std::runtime_error &) {
        }
    // A stack for signals of the size that <signal.h> gives.
    std::vector<char> alternate(size_t(SIGSTKSZ));
    stack_t stack = {};
    stack.ss_sp = alternate.data();
    stack.ss_size = alternate.size();
    REQUIRE(sigaltstack(&stack, nullptr) == 0);
    struct sigaction action = {};
    action.sa_handler = on_profile;
    action.sa_flags = SA_ONSTACK | SA_RESTART;
    REQUIRE(sigaction(SIGPROF, &action, nullptr) == 0);
    busy = 0;
    for (int i = 0; i < 200; i++) raise(SIGPROF);
    busy = 1;
    REQUIRE(handled == 200);
    stack.ss_flags = SS_DISABLE;
    sigaltstack(&stack, nullptr);
    say("%lld bytes left\n", (long long)known_bytes);
    return 0;
}
