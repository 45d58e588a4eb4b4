/// churn MODE THREADS PAIRS: prints the nanoseconds that a malloc+free pair took, wall time over the pairs of a thread;
/// the process's peak RSS in KiB (VmHWM: ru_maxrss keeps the peak of whoever called exec); and the nanoseconds of
/// processor time that a pair took.
///
///   tight   allocates 64 bytes and frees them at once
///   random  replaces a block at random among 10,000 live ones of 16 to 1024 bytes
///   cross   half of the threads allocate, the other half free what they are handed (an even number of threads)
///
/// The number of operations is fixed by the arguments, so that runs under different libraries do the same work.
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { max_threads = 64, live_blocks = 10000, ring_blocks = 4096, batch = 256 };

static long pairs;
static pthread_barrier_t begin;

/// Keeps the compiler from leaving a pair of malloc and free out.
static void *used(void *block) {
    __asm__ volatile("" : "+r"(block) : : "memory");
    if (!block) abort();
    return block;
}

/// xorshift64*: the same numbers in every run.
static unsigned random_below(uint64_t *seed, unsigned limit) {
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return (unsigned)(((*seed * 0x2545f4914f6cdd1dULL >> 32) * limit) >> 32);
}

static void *tight(void *index) {
    pthread_barrier_wait(&begin);
    for (long i = 0; i < pairs; i++) free(used(malloc(64)));
    return index;
}

static void *random_replacement(void *index) {
    uint64_t seed = 0x9e3779b97f4a7c15ULL + (uintptr_t)index;
    void **block = malloc(live_blocks * sizeof *block);
    for (int i = 0; i < live_blocks; i++) block[i] = used(malloc(16 + random_below(&seed, 1009)));
    pthread_barrier_wait(&begin);
    for (long i = 0; i < pairs; i++) {
        unsigned at = random_below(&seed, live_blocks);
        free(block[at]);
        block[at] = used(malloc(16 + random_below(&seed, 1009)));
    }
    return index;
}

/// One producer hands blocks to one consumer; each writes one of the two counts, on a cache line of its own. Blocks
/// are handed over in batches, because one by one the two would measure how a cache line travels.
struct ring {
    _Alignas(64) size_t produced;
    _Alignas(64) size_t consumed;
    _Alignas(64) void *block[ring_blocks];
};
static struct ring rings[max_threads / 2];

static void *cross(void *index) {
    struct ring *ring = &rings[(uintptr_t)index / 2];
    uint64_t seed = 0x9e3779b97f4a7c15ULL + (uintptr_t)index;
    pthread_barrier_wait(&begin);
    if ((uintptr_t)index % 2 == 0) {
        for (size_t i = 0; i < (size_t)pairs; i++) {
            if (i % batch == 0) {
                __atomic_store_n(&ring->produced, i, __ATOMIC_RELEASE);
                while (i + batch - __atomic_load_n(&ring->consumed, __ATOMIC_ACQUIRE) > ring_blocks) sched_yield();
            }
            ring->block[i % ring_blocks] = used(malloc(16 + random_below(&seed, 1009)));
        }
        __atomic_store_n(&ring->produced, (size_t)pairs, __ATOMIC_RELEASE);
    } else {
        for (size_t i = 0, ready = 0; i < (size_t)pairs; i++) {
            while (i == ready) {
                __atomic_store_n(&ring->consumed, i, __ATOMIC_RELEASE);
                ready = __atomic_load_n(&ring->produced, __ATOMIC_ACQUIRE);
                if (i == ready) sched_yield();
            }
            free(ring->block[i % ring_blocks]);
        }
    }
    return index;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static long peak_kib(void) {
    char line[128];
    long peak = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %ld", &peak) == 1) break;
    if (status) fclose(status);
    return peak;
}

int main(int count, char **arguments) {
    void *(*mode)(void *) = NULL;
    if (count == 4 && strcmp(arguments[1], "tight") == 0) mode = tight;
    if (count == 4 && strcmp(arguments[1], "random") == 0) mode = random_replacement;
    if (count == 4 && strcmp(arguments[1], "cross") == 0) mode = cross;
    int threads = mode ? atoi(arguments[2]) : 0;
    pairs = mode ? atol(arguments[3]) : 0;
    if (threads < 1 || threads > max_threads || pairs < 1 || (mode == cross && threads % 2)) {
        fprintf(stderr, "usage: churn tight|random|cross THREADS PAIRS\n");
        return 2;
    }
    pthread_t thread[max_threads];
    pthread_barrier_init(&begin, NULL, (unsigned)threads + 1);
    for (uintptr_t i = 0; i < (uintptr_t)threads; i++) {
        if (pthread_create(&thread[i], NULL, mode, (void *)i) != 0) return 1;
    }
    pthread_barrier_wait(&begin);
    double start = now();
    for (int i = 0; i < threads; i++) pthread_join(thread[i], NULL);
    double taken = now() - start;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3;
    printf("%.3f %ld %.3f\n", taken / (double)pairs, peak_kib(), cpu / (double)pairs / threads);
    return 0;
}
