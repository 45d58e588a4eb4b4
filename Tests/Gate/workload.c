/// A service of 200 MiB whose memory is known: the gate is to tell one that has changed a little from one that has not.
///
///     workload THREADS [live|retained|fragmented|nothing] [apart|handing]
///
/// Every thread answers requests out of a table of sessions: blocks of 16 bytes to 64 KiB, replaced at random, so that the
/// heap is as worn as that of a service. Handing: one block in 512 is freed by the next thread, so that threads get into each
/// other's arenas, and what the heap looks like depends on the clock. What can be injected is small:
///   live        1 MiB more is held, in blocks of 1 KiB
///   retained    2 MiB more of free pages stay behind, below a block that is held
///   fragmented  2 MiB more is free on pages that blocks of 64 bytes pin
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "silt.h"

enum { REQUESTS = 400000, SESSIONS = 200 << 20 >> 12, MOST_THREADS = 16 };

static struct {
    int threads;
    const char *injection;
    bool hands;
    pthread_barrier_t met;
} run;
static void *sessions[SESSIONS];
/// Blocks that the next thread frees, when all have met.
static void *handed[MOST_THREADS][64];

static uint64_t next(uint64_t *state) {
    // xorshift64*: G. Marsaglia, S. Vigna.
    *state ^= *state >> 12, *state ^= *state << 25, *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

/// 4 KiB in the mean: mostly small, some large.
static size_t size_of(uint64_t draw) {
    unsigned kind = draw % 16;
    draw >>= 4;
    if (kind < 8) return 16 + draw % 1000;
    if (kind < 15) return 1024 + draw % 8192;
    return 16384 + draw % 49152;
}

static void *filled(size_t bytes) {
    void *block = malloc(bytes);
    if (!block) abort();
    return memset(block, 1, bytes);
}

/// Lies below everything else from the start, as whatever a service loads first, so that no hole of the heap takes it in.
static void *injected[2048];

static void inject(void) {
    if (strcmp(run.injection, "live") == 0)
        for (int i = 0; i < 1024; i++) injected[i] = filled(1024 - 16);
    if (strcmp(run.injection, "retained") == 0)
        for (int i = 0; i < 129; i++) injected[i] = filled(16384 - 16);
    if (strcmp(run.injection, "fragmented") == 0)
        for (int i = 0; i < 1088; i++) injected[i] = filled(i % 2 ? 4000 : 64);
}

static void leave_behind(void) {
    if (strcmp(run.injection, "retained") == 0)
        for (int i = 0; i < 128; i++) free(injected[i]);
    if (strcmp(run.injection, "fragmented") == 0)
        for (int i = 1; i < 1088; i += 2) free(injected[i]);
}

static void *serve(void *argument) {
    int thread = (int)(intptr_t)argument;
    uint64_t state = ((uint64_t)thread + 1) * UINT64_C(0x9E3779B97F4A7C15);
    int count = SESSIONS / run.threads, first = thread * count;
    for (int round = 0; round < 64; round++) {
        for (int i = 0; i < REQUESTS / 64 / run.threads; i++) {
            uint64_t draw = next(&state);
            void **session = &sessions[first + (int)(draw % (uint64_t)count)];
            if (run.hands && i % 512 == 0) {
                // Not freed here: by the next thread, when all have met.
                handed[thread][i / 512] = *session;
            } else {
                free(*session);
            }
            *session = filled(size_of(draw >> 32));
        }
        pthread_barrier_wait(&run.met);
        void **mine = handed[(thread + 1) % run.threads];
        for (int i = 0; i < 64; i++) free(mine[i]), mine[i] = NULL;
        pthread_barrier_wait(&run.met);
    }
    pthread_barrier_wait(&run.met);
    return NULL;
}

int main(int count, char **arguments) {
    run.threads = count > 1 ? atoi(arguments[1]) : 1;
    run.injection = count > 2 ? arguments[2] : "nothing";
    run.hands = count > 3 && strcmp(arguments[3], "handing") == 0;
    if (run.threads < 1 || run.threads > MOST_THREADS) return 2;
    pthread_barrier_init(&run.met, NULL, (unsigned)run.threads);
    inject();
    pthread_t others[MOST_THREADS];
    for (int i = 1; i < run.threads; i++) pthread_create(&others[i], NULL, serve, (void *)(intptr_t)i);
    serve((void *)0);
    for (int i = 1; i < run.threads; i++) pthread_join(others[i], NULL);
    leave_behind();
    SILT_MARK("served");
    return 0;
}
