/// The slow path of booking: whatever book.h's one branch turned away.
#include <errno.h>

#include "book.h"
#include "samples.h"
#include "state.h"

#define GRANULE ((uintptr_t)1 << SILT_GRANULE_SHIFT)

bool silt_core_enter_slowly(void) {
    int saved = errno;
    if (SILT_UNLIKELY(!__atomic_load_n(&silt_core.memory->alive.value, __ATOMIC_RELAXED))) silt_fork_adopt_clone();
    if (SILT_UNLIKELY(__atomic_load_n(&silt_core.hold, __ATOMIC_SEQ_CST))) silt_fork_wait();
    errno = saved;
    return silt_core_is_on();
}

/// Takes a block into this thread's totals, or into the shared ones. True: it is a sample.
static bool add_to_totals(struct silt_thread *thread, size_t bytes) {
    if (thread) return silt_book_totals(thread->totals, bytes, 1) == SILT_SAMPLED;
    __atomic_fetch_add(&silt_core.slots[0].live_blocks, 1, __ATOMIC_RELAXED);
    return __atomic_sub_fetch(&silt_core.slots[0].countdown, (int64_t)bytes, __ATOMIC_RELAXED) < 0;
}

static void take_from_totals(struct silt_thread *thread, size_t bytes) {
    if (thread) {
        silt_book_totals(thread->totals, bytes, -1);
    } else {
        __atomic_fetch_sub(&silt_core.slots[0].live_blocks, 1, __ATOMIC_RELAXED);
        __atomic_fetch_sub(&silt_core.slots[0].credited, (int64_t)bytes, __ATOMIC_RELAXED);
    }
}

/// Either, once the block's bytes are booked. True: it is a sample.
static bool book_totals(struct silt_thread *thread, size_t bytes, bool negative) {
    if (!negative) return add_to_totals(thread, bytes);
    take_from_totals(thread, bytes);
    return false;
}

static inline __attribute__((always_inline)) void add_part(uint16_t *counter, bool shared, uint16_t part) {
    if (shared)
        __atomic_fetch_add(counter, part, __ATOMIC_RELAXED);
    else
        silt_add16(counter, part);
}

/// Adds the part of [start, end), which is not empty, that lies on each granule of one leaf to its counter; `counters`
/// as in silt_thread. All but the first and the last are whole: a large block costs one add for each of them.
static inline __attribute__((always_inline)) void add_parts(uint16_t *counters, bool shared, uintptr_t start,
                                                            uintptr_t end, uint16_t sign) {
    uint16_t *counter = &counters[silt_granule(start)];
    uint16_t *last = &counters[silt_granule(end - 1)];
    if (counter == last) return add_part(counter, shared, (uint16_t)(sign * (end - start)));
    uint16_t whole = (uint16_t)(sign * GRANULE);
    add_part(counter, shared, (uint16_t)(sign * (GRANULE - start % GRANULE)));
    while (++counter < last) add_part(counter, shared, whole);
    add_part(last, shared, (uint16_t)(sign * (1 + (end - 1) % GRANULE)));
}

static void add_to_leaf(uint16_t *counters, bool shared, uintptr_t start, uintptr_t end, bool negative) {
    uint16_t sign = negative ? UINT16_MAX : 1; // modulo 2^16, as the counters are
    if (shared)
        add_parts(counters, true, start, end, sign);
    else
        add_parts(counters, false, start, end, sign);
}

static bool book_granules(struct silt_thread *thread, uintptr_t start, size_t bytes, bool negative) {
    uintptr_t end = start + bytes;
    for (uintptr_t at = start; at < end;) {
        uintptr_t leaf_end = (at >> SILT_LEAF_SHIFT << SILT_LEAF_SHIFT) + ((uintptr_t)1 << SILT_LEAF_SHIFT);
        uintptr_t stop = leaf_end < end ? leaf_end : end;
        bool shared;
        uint16_t *counters = silt_leaf_find(thread, silt_leaf_key(at), &shared);
        if (!counters) {
            // The books end here: as they were before this block.
            if (at != start) book_granules(thread, start, at - start, !negative);
            return false;
        }
        add_to_leaf(counters - silt_leaf_key(at) * SILT_LEAF_GRANULES, shared, at, stop, negative);
        at = stop;
    }
    return true;
}

/// True: the block is a sample.
static bool book_block(struct silt_thread *thread, uintptr_t start, size_t bytes, bool negative) {
    if (!negative) return silt_block_add(start, start + bytes) && add_to_totals(thread, bytes);
    size_t known = silt_block_remove(start);
    if (known) take_from_totals(thread, known);
    return false;
}

/// A block of any size on a leaf that the probe finds.
static bool book_span(uintptr_t start, size_t bytes, bool negative, bool *sampled) {
    struct silt_hit hit;
    if (!silt_probe(start, &hit) || silt_leaf_key(start + bytes - 1) != silt_leaf_key(start)) return false;
    add_to_leaf(hit.thread->counters[hit.way], false, start, start + bytes, negative);
    *sampled = book_totals(hit.thread, bytes, negative);
    return true;
}

/// Whether a way holds the counters of `start` where the allocator is not glibc's: the fast path, which reads glibc's
/// headers, must not find it, so its key has a mark.
static inline __attribute__((always_inline)) bool probe_other(uintptr_t start, struct silt_hit *hit) {
    hit->thread = silt_current;
    hit->biased = start + SILT_BIAS;
    uint64_t key = hit->biased >> SILT_LEAF_SHIFT;
    hit->way = key % SILT_WAYS;
    return SILT_RACY(hit->thread->keys[hit->way]) == (key | SILT_WAY_OTHER);
}

/// Books, once samples know.
static __attribute__((noinline)) bool book(uintptr_t start, size_t bytes, unsigned flags) {
    bool negative = flags & SILT_BOOK_FREE;
    bool sampled = false;
    if (!(flags & SILT_BOOK_BLOCK) && book_span(start, bytes, negative, &sampled)) return sampled;
    int saved = errno;
    if (silt_core_enter()) {
        struct silt_thread *thread = silt_slot_current();
        if (flags & SILT_BOOK_ARENA) silt_heap_note(start);
        if (flags & SILT_BOOK_BLOCK)
            sampled = book_block(thread, start, bytes, negative);
        else if (book_granules(thread, start, bytes, negative))
            sampled = book_totals(thread, bytes, negative);
    }
    errno = saved;
    return sampled;
}

/// Blocks of other allocators all come by here: most of them are booked as the fast path books glibc's.
__attribute__((noinline)) bool silt_book_slow(uintptr_t start, size_t bytes, unsigned flags) {
    struct silt_hit hit;
    if (bytes == 0) return false;
    if (!(flags & SILT_BOOK_BLOCK) && bytes <= GRANULE && probe_other(start, &hit)) {
        enum silt_booked booked = silt_book_hit(&hit, (uint32_t)bytes, flags & SILT_BOOK_FREE ? -1 : 1);
        if (SILT_LIKELY(booked == SILT_BOOKED || booked == SILT_SAMPLED)) return booked == SILT_SAMPLED;
    }
    // Before the real free: afterwards the place may be another's.
    if (flags & SILT_BOOK_FREE) silt_samples_end(start, bytes, flags & SILT_BOOK_BLOCK);
    return book(start, bytes, flags);
}

void silt_book_watched(uintptr_t start, size_t bytes) {
    struct silt_hit hit;
    silt_samples_end(start, bytes, false);
    // It can miss by now: in a child that is making its books, or where they were given up in between.
    if (SILT_LIKELY(silt_probe(start, &hit)))
        silt_book_parts(&hit, (uint32_t)bytes, -1);
    else
        book(start, bytes, SILT_BOOK_FREE);
}
