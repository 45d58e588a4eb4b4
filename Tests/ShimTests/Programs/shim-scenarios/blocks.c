/// Made-up blocks. Each has a place of its own, so that none ever overlaps another; many share a granule or a leaf.
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "book.h"
#include "scenarios.h"
#include "state.h"

/// Blocks of one kind: `count` places `pitch` bytes apart.
struct places {
    uintptr_t base;
    size_t pitch;
    size_t least, most; ///< bytes of a block
    uint32_t count;
    bool large;
};

/// The bases end in 8, as glibc's chunks do (a chunk of its own begins 8 bytes before the block).
static const struct places kinds[] = {
    {0x10000000008, 144, 32, 144, 4000, false},            // some thirty a granule
    {0x10100000ff8, 5 * PAGE + 16, 32, 5 * PAGE, 4000, false}, // from one granule to six; crosses leaves
    {0x10200300008, 3 * MIB + 16, 64 * KIB, 3 * MIB, 60, false},
    {0x10300000000, 4 * MIB, PAGE, 3 * MIB, 60, true},
};
enum { KINDS = sizeof kinds / sizeof kinds[0], MOST_PLACES = 4000 };

static struct place {
    char taken;
    size_t bytes; ///< 0: not live
} all[KINDS][MOST_PLACES];

void book(uintptr_t start, size_t bytes, bool large, bool live) { book_request(start, bytes, bytes, large, live); }

void book_number(uintptr_t start, size_t bytes, uint32_t number, bool large, bool live) {
    struct silt_thread *thread = silt_slot_current();
    if (thread) thread->number = number;
    book_request(start, bytes, bytes, large, live);
}

/// As malloc.c does it.
void book_request(uintptr_t start, size_t bytes, size_t request, bool large, bool live) {
    struct silt_hit hit;
    enum silt_booked booked = !large && bytes < PAGE && silt_probe(start, &hit)
                                  ? silt_book_hit(&hit, (uint32_t)bytes, live ? 1 : -1)
                                  : SILT_MISSED;
    unsigned flags = (live ? 0 : SILT_BOOK_FREE) | (large ? SILT_BOOK_BLOCK : 0);
    if (booked == SILT_WATCHED) return silt_book_watched(start, bytes);
    if (booked == SILT_SAMPLED || (booked == SILT_MISSED && silt_book_slow(start, bytes, flags)))
        silt_sample_new(start, bytes, request, NULL);
}

static size_t random_bytes(const struct places *kind, uint64_t *random) {
    size_t step = kind->large ? PAGE : 16;
    return kind->least + next_random(random) % ((kind->most - kind->least) / step + 1) * step;
}

void change_random_block(uint64_t *random) {
    uint32_t chosen = next_random(random) % 16;
    uint32_t index = chosen < 8 ? 0 : chosen < 14 ? 1 : chosen == 14 ? 2 : 3;
    const struct places *kind = &kinds[index];
    uint32_t number = next_random(random) % kind->count;
    struct place *place = &all[index][number];
    if (__atomic_test_and_set(&place->taken, __ATOMIC_ACQUIRE)) return; // another thread is at it
    uintptr_t at = kind->base + number * kind->pitch;
    bool resize = next_random(random) % 4 == 0;
    if (place->bytes) book(at, place->bytes, kind->large, false);
    if (place->bytes && !resize) {
        place->bytes = 0;
    } else {
        place->bytes = random_bytes(kind, random);
        book(at, place->bytes, kind->large, true);
    }
    __atomic_clear(&place->taken, __ATOMIC_RELEASE);
}

void say_blocks(void) {
    for (size_t index = 0; index < KINDS; index++)
        for (uint32_t number = 0; number < kinds[index].count; number++)
            if (all[index][number].bytes)
                say("%s %lx %zu", kinds[index].large ? "large" : "block",
                    (unsigned long)(kinds[index].base + number * kinds[index].pitch), all[index][number].bytes);
}

/// What one thread is to do.
struct work {
    uint64_t seed;
    uint64_t operations;
    pthread_barrier_t *together; ///< all begin and end together, or NULL
};

static void *change_blocks(void *argument) {
    const struct work *work = argument;
    uint64_t random = work->seed;
    if (work->together) pthread_barrier_wait(work->together);
    for (uint64_t i = 0; i < work->operations; i++) change_random_block(&random);
    if (work->together) pthread_barrier_wait(work->together);
    return NULL;
}

static void run_threads(uint64_t seed, unsigned threads, uint64_t operations, bool together) {
    pthread_t *thread = calloc(threads, sizeof *thread);
    struct work *work = calloc(threads, sizeof *work);
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, threads);
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 128 * KIB);
    for (unsigned i = 0; i < threads; i++) {
        work[i] = (struct work){seed * 1000003 + i + 1, operations, together ? &barrier : NULL};
        if (pthread_create(&thread[i], &small, change_blocks, &work[i]) != 0) abort();
    }
    for (unsigned i = 0; i < threads; i++) pthread_join(thread[i], NULL);
    free(thread);
    free(work);
}

static void say_all_and_wait(void) {
    say_process();
    say_blocks();
    ready();
}

/// Numbers: seed, threads, operations of each, rounds. The threads of a round take over the slots of the last one's.
void churn(const struct request *request) {
    start(request);
    for (uint64_t round = 0; round < request->numbers[3]; round++) {
        run_threads(request->numbers[0] + round, (unsigned)request->numbers[1], request->numbers[2], false);
        say_all_and_wait();
    }
    silt_core_leave(SILT_LEAVING_EXIT);
}

/// More threads alive at once than there are slots.
void crowd(const struct request *request) {
    start(request);
    run_threads(request->numbers[0], SILT_MAX_SLOTS + 100, 300, true);
    say_all_and_wait();
    silt_core_leave(SILT_LEAVING_EXIT);
}

static pthread_key_t late;

static void book_late(void *unused) {
    (void)unused;
    uint64_t random = (uintptr_t)&random;
    if (silt_current != &silt_departed) say("say booked in a slot that is another thread's");
    for (int i = 0; i < 50000; i++) change_random_block(&random);
}

static void *book_in_destructor(void *value) {
    uint64_t random = (uintptr_t)&random;
    for (int i = 0; i < 1000; i++) change_random_block(&random);
    pthread_setspecific(late, value); // made after the core's: its destructor runs later
    return NULL;
}

/// Threads go on booking after they have returned their slots, as libc does when it frees a thread's own blocks, while
/// others take those slots over.
void departed(const struct request *request) {
    enum { THREADS = 6 };
    start(request);
    pthread_key_create(&late, book_late);
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&thread[i], NULL, book_in_destructor, &thread[i]) != 0) abort();
        usleep(2000);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    say_all_and_wait();
    silt_core_leave(SILT_LEAVING_EXIT);
}

/// Where the arithmetic of the fast path could go wrong, one block each.
void edges(const struct request *request) {
    static const struct {
        uintptr_t start;
        size_t bytes;
    } block[] = {
        {0x10008, 64},                                // the first 8 MiB: key 1
        {8 * MIB - 48, 48},                           // up to the first leaf's last byte
        {8 * MIB, 32},                                // the second leaf's first bytes
        {0x7f0000000000 - 8, 32},                     // begins in a leaf's last 8 bytes, ends in the next
        {0x7f0000001000, PAGE},                       // exactly a granule
        {0x7f0000002008, PAGE},                       // as long as a granule, on two
        {0x7f0000004ff8, 16},                         // begins in a granule's last 8 bytes
        {0x7f0000006ff8, PAGE + 16},                  // on three granules, 8 bytes on the outer ones
        {0x7f00007ff000, 2 * PAGE},                   // a leaf's last granule and the next one's first
        {0x7f0001000000, 16 * MIB},                   // two leaves, whole
        {0x7f0002800ff8, 24 * MIB},                   // four leaves, the inner ones whole
        {0x7f0004001010, 16},                         // the smallest
        {0x7f0400000000 + 16 * (size_t)SILT_WAYS * 8 * MIB / 16, 48}, // same way, another leaf: the probe is evicted
        {0x7f0400000000, 48},
        {0x7fffff000000, 64},                         // near the end of what a process has
    };
    const size_t count = sizeof block / sizeof block[0];
    start(request);
    // Twice and back: each path books and unbooks, by the slow way first and by the fast one then.
    for (int pass = 0; pass < 5; pass++)
        for (size_t i = 0; i < count; i++) book(block[i].start, block[i].bytes, false, pass % 2 == 0);
    say_process();
    for (size_t i = 0; i < count; i++) say("block %lx %zu", (unsigned long)block[i].start, block[i].bytes);
    ready();
    for (size_t i = 0; i < count; i++) book(block[i].start, block[i].bytes, false, false);
    say_process();
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}
