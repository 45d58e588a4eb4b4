/// Blocks that grow and shrink, across the mmap threshold both ways and over pages, in one place and moved.
#include <malloc.h>
#include <pthread.h>

#include "torture.h"

#define BLOCKS 64

static uint64_t seed;

static size_t wanted(uint64_t *state) {
    uint64_t kind = torture_next(state) % 8;
    if (kind < 4) return 1 + torture_next(state) % 2000;
    if (kind < 6) return 1 + torture_next(state) % 20000;
    if (kind == 6) return 100000 + torture_next(state) % 60000; // around the threshold of 128 KiB
    return 1 + torture_next(state) % 3000000;
}

static void *work(void *index) {
    uint64_t state = torture_seed(seed, (uintptr_t)index);
    uint8_t *blocks[BLOCKS] = {0};
    size_t sizes[BLOCKS] = {0};
    uint64_t sum = 0;
    for (int turn = 0; turn < 3000; turn++) {
        size_t at = torture_next(&state) % BLOCKS;
        size_t bytes = wanted(&state);
        if (blocks[at] && torture_next(&state) % 4 == 0) {
            drop(blocks[at], sizes[at], (uint8_t)at);
            blocks[at] = NULL;
            continue;
        }
        know(blocks[at], -1);
        uint8_t *moved = torture_next(&state) % 2 ? realloc(blocks[at], bytes) : reallocarray(blocks[at], bytes, 1);
        REQUIRE(moved);
        know(moved, 1);
        if (blocks[at]) REQUIRE(intact(moved, sizes[at] < bytes ? sizes[at] : bytes, sizes[at], (uint8_t)at));
        blocks[at] = moved;
        sizes[at] = bytes;
        fill(moved, bytes, (uint8_t)at);
        sum = sum * 31 + bytes;
    }
    for (size_t at = 0; at < BLOCKS; at += 2)
        if (blocks[at]) drop(blocks[at], sizes[at], (uint8_t)at); // the others stay: the reports must count them
    return (void *)(uintptr_t)sum;
}

int main(int count, char **values) {
    seed = (uint64_t)argument(count, values, 1, 1);
    pthread_t threads[4];
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    checkpoint("start");
    say("%llu\n", (unsigned long long)(uintptr_t)work((void *)99));
    checkpoint("one thread");
    mallopt(M_MMAP_THRESHOLD, 128 * 1024); // from here on it stays where it is
    for (uintptr_t i = 0; i < 4; i++) REQUIRE(pthread_create(&threads[i], &small, work, (void *)i) == 0);
    for (int i = 0; i < 4; i++) {
        void *sum;
        pthread_join(threads[i], &sum);
        say("%llu\n", (unsigned long long)(uintptr_t)sum);
    }
    // Each thread's stack stays cached, and its dtv with it: four blocks of calloc (elf/dl-tls.c, allocate_dtv).
    checkpoint_loose("four threads", 4 * 1024, 4);
    return 0;
}
