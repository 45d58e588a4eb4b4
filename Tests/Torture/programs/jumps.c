/// setjmp and longjmp over allocating frames, signal handlers on stacks of their own, contexts made by hand.
#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>

#include "torture.h"

static jmp_buf back;
static sigjmp_buf out_of_handler;
static ucontext_t main_context, contexts[8];
static long turns;

static volatile int never; // gcc refuses a recursion that only a jump ends

static void deeper(int depth) {
    if (never) return;
    void *block = make((size_t)depth * 50 + 1, (uint8_t)depth);
    if (depth == 0) longjmp(back, (drop(block, 1, 0), 5));
    drop(block, (size_t)depth * 50 + 1, (uint8_t)depth);
    deeper(depth - 1);
}

static void jump(void) {
    volatile int jumps = 0;
    int value = setjmp(back);
    if (value) REQUIRE(value == 5);
    if (jumps++ < 500) deeper(40);
    say("%d jumps\n", jumps);
}

/// raise() delivers at a known place, so that here even allocating and jumping away are allowed.
static void on_usr1(int number) {
    void *block = make(5000, (uint8_t)number);
    drop(block, 5000, (uint8_t)number);
    siglongjmp(out_of_handler, 1);
}

static void handlers(void) {
    stack_t stack = {.ss_sp = make(65536, 0), .ss_size = 65536};
    REQUIRE(sigaltstack(&stack, NULL) == 0);
    struct sigaction action = {.sa_handler = on_usr1, .sa_flags = SA_ONSTACK};
    sigaction(SIGUSR1, &action, NULL);
    volatile int handled = 0;
    for (int i = 0; i < 500; i++) {
        if (sigsetjmp(out_of_handler, 1) == 0) raise(SIGUSR1);
        else handled++;
    }
    stack.ss_flags = SS_DISABLE;
    sigaltstack(&stack, NULL);
    know(stack.ss_sp, -1);
    free(stack.ss_sp);
    say("%d handled\n", handled);
}

static void context(int index) {
    for (int turn = 0; turn < 200; turn++) {
        void *block = make((size_t)turn * 11 + 1, (uint8_t)index);
        turns++;
        swapcontext(&contexts[index], &contexts[(index + 1) % 8]);
        drop(block, (size_t)turn * 11 + 1, (uint8_t)index);
    }
    setcontext(&main_context);
}

static void own_contexts(void) {
    void *stacks[8];
    for (int i = 0; i < 8; i++) {
        getcontext(&contexts[i]);
        stacks[i] = make(16384, (uint8_t)i);
        contexts[i].uc_stack = (stack_t){.ss_sp = stacks[i], .ss_size = 16384};
        makecontext(&contexts[i], (void (*)(void))context, 1, i);
    }
    swapcontext(&main_context, &contexts[0]);
    for (int i = 0; i < 8; i++) {
        know(stacks[i], -1);
        free(stacks[i]);
    }
    say("%ld turns, %lld blocks held\n", turns, (long long)known_blocks);
}

int main(void) {
    checkpoint("start");
    jump();
    checkpoint("jumped");
    handlers();
    checkpoint("handled");
    own_contexts();
    checkpoint("swapped");
    return 0;
}
