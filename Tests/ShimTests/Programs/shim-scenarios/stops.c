/// Books that are given up while the program runs: from then on they stay as they are.
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "arch.h"
#include "scenarios.h"
#include "state.h"

enum { THREADS = 3, OPERATIONS = 20000 };

static uint64_t seed;
static pthread_barrier_t booked, stopped_now;

static void *book_twice(void *number) {
    uint64_t random = seed * 1000003 + (uintptr_t)number + 1;
    for (int i = 0; i < OPERATIONS; i++) change_random_block(&random);
    pthread_barrier_wait(&booked);
    pthread_barrier_wait(&stopped_now);
    for (int i = 0; i < OPERATIONS; i++) change_random_block(&random);
    return NULL;
}

/// Numbers: seed. Nobody is in the middle of an operation: the books are those of the stop, to the byte.
void stopped(const struct request *request) {
    start(request);
    seed = request->numbers[0];
    pthread_barrier_init(&booked, NULL, THREADS + 1);
    pthread_barrier_init(&stopped_now, NULL, THREADS + 1);
    pthread_t thread[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        if (pthread_create(&thread[i], NULL, book_twice, (void *)i) != 0) abort();
    uint64_t random = seed;
    for (int i = 0; i < OPERATIONS; i++) change_random_block(&random);
    pthread_barrier_wait(&booked);
    say_process();
    say_blocks();
    silt_core_stop(SILT_DEGRADED_STORAGE_FULL);
    pthread_barrier_wait(&stopped_now);
    for (int i = 0; i < OPERATIONS; i++) change_random_block(&random);
    for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}

static uint64_t done[THREADS];
static int end_load;

static void *book_on(void *number) {
    uint64_t random = seed * 1000003 + (uintptr_t)number + 1;
    while (!__atomic_load_n(&end_load, __ATOMIC_RELAXED)) {
        change_random_block(&random);
        __atomic_fetch_add(&done[(uintptr_t)number], 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

/// Waits until every thread has done more operations, so that none is in one that it began before.
static void let_them_work(uint64_t operations) {
    for (int i = 0; i < THREADS; i++) {
        uint64_t before = __atomic_load_n(&done[i], __ATOMIC_ACQUIRE);
        while (__atomic_load_n(&done[i], __ATOMIC_ACQUIRE) < before + operations) usleep(100);
    }
}

/// The sum of every counter and total: what no operation may change any more.
static uint64_t sum_of_books(void) {
    uint64_t sum = 0;
    for (uint32_t slot = 0; slot < silt_core.slot_count; slot++) {
        const uint64_t *words = (const uint64_t *)&silt_core.slots[slot];
        for (size_t i = 0; i < sizeof(struct silt_slot) / sizeof *words; i++) sum = sum * 31 + SILT_RACY(words[i]);
    }
    for (uint32_t leaf = 0; leaf < silt_core.leaf_count; leaf++)
        for (uint32_t i = 0; i < SILT_LEAF_COUNTERS; i++) sum = sum * 31 + SILT_RACY(silt_leaf_counters(leaf)[i]);
    return sum;
}

/// Numbers: seed. Others book at full speed when the books end: the operation that each is in is the last one.
void stopped_under_load(const struct request *request) {
    start(request);
    seed = request->numbers[0];
    pthread_t thread[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        if (pthread_create(&thread[i], NULL, book_on, (void *)i) != 0) abort();
    let_them_work(5000);
    silt_core_stop(SILT_DEGRADED_STORAGE_FULL);
    let_them_work(2);
    uint64_t sum = sum_of_books();
    let_them_work(5000);
    say("say %s", sum_of_books() == sum ? "unchanged" : "changed");
    __atomic_store_n(&end_load, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}
