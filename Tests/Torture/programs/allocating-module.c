/// Loaded at the addresses of a copy of itself, in which the frame of `inner` has another size: the same code
/// otherwise.
#include <stdlib.h>

#if defined(SMALLER)
#define HELD 2048
#else
#define HELD 4096
#endif

static volatile int calls;

__attribute__((noinline)) static void *inner(size_t bytes) {
    volatile char held[HELD];
    held[bytes % HELD] = 1;
    void *block = malloc(bytes + (size_t)held[bytes % HELD] - 1);
    calls++;
    return block;
}

void *allocate_in_module(size_t bytes) {
    void *block = inner(bytes);
    calls++;
    return block;
}
