/// The fast path: what every malloc and free pays.
///
/// On a hit: one probe and four single-instruction adds. Everything rare leaves by one of two branches: a probe that
/// misses (another leaf, no slot yet, slot returned, forked child, held for a fork, books never opened, not glibc), and a block
/// on more than two granules.
#ifndef SILT_BOOK_H
#define SILT_BOOK_H

#include "arch.h"
#include "core.h"

/// A granule's number, counted from 8 MiB below address 0: so that a leaf's key, the upper part, is never 0, which is
/// what an empty or wiped way holds.
static inline uint64_t silt_granule(uintptr_t address) {
    return (address + ((uintptr_t)1 << SILT_LEAF_SHIFT)) >> SILT_GRANULE_SHIFT;
}

/// 1 + address / 8 MiB.
static inline uint64_t silt_leaf_key(uintptr_t address) {
    return (address + ((uintptr_t)1 << SILT_LEAF_SHIFT)) >> SILT_LEAF_SHIFT;
}

/// Where a block's first granule is counted.
struct silt_hit {
    struct silt_thread *thread;
    uint64_t granule;
    size_t way;
};

/// Looks for the counters of `start`. Does not need the block's size, so that nothing of a block that is not glibc's is
/// ever read: with another allocator no way is filled.
static inline __attribute__((always_inline)) bool silt_probe(uintptr_t start, struct silt_hit *hit) {
    hit->thread = silt_current;
    hit->granule = silt_granule(start);
    uint64_t key = hit->granule / SILT_LEAF_GRANULES;
    hit->way = key % SILT_WAYS;
    // Another thread may be emptying the way: then this operation is the last, or misses already.
    return SILT_LIKELY(SILT_RACY(hit->thread->keys[hit->way]) == key);
}

/// Adds to the totals of a thread, in either direction.
static inline __attribute__((always_inline)) void silt_book_totals(struct silt_slot *totals, size_t bytes, int sign) {
    if (sign > 0) {
        silt_add64(&totals->live_bytes, (int64_t)bytes);
        silt_add64(&totals->live_blocks, 1);
    } else {
        silt_sub64(&totals->live_bytes, (int64_t)bytes);
        silt_sub64(&totals->live_blocks, 1);
    }
}

static inline __attribute__((always_inline)) void silt_book_granule(uint16_t *counter, size_t bytes, int sign) {
    if (sign > 0)
        silt_add16(counter, (uint16_t)bytes);
    else
        silt_sub16(counter, (uint16_t)bytes);
}

/// Books a block of `bytes` from `start` on, live (`sign` 1) or no longer (-1), if it lies on one granule or on two.
/// False: nothing was booked, take silt_book_slow.
///
/// A block of 500 bytes lies on two granules one time in eight, which no branch predictor foresees, and the answer waits
/// for the block's header: so both neighbours are always added to, the second 0 bytes where there is none.
static inline __attribute__((always_inline)) bool silt_book_hit(const struct silt_hit *hit, uintptr_t start, size_t bytes,
                                                               int sign) {
    const size_t granule = (size_t)1 << SILT_GRANULE_SHIFT;
    size_t end = start % granule + bytes;
    if (SILT_UNLIKELY(end > 2 * granule)) return false;
    size_t second = end > granule ? end - granule : 0;
    uint16_t *counter = &hit->thread->counters[hit->way][hit->granule];
    silt_book_granule(&counter[0], bytes - second, sign);
    silt_book_granule(&counter[1], second, sign);
    silt_book_totals(hit->thread->totals, bytes, sign);
    return true;
}

#endif
