/// The fast path: what every malloc and free pays.
///
/// On a hit: one probe and four single-instruction adds. Everything rare shares one branch: another leaf, a block of
/// more than two granules, no slot yet, slot returned, forked child, held for a fork, books closed.
#ifndef SILT_BOOK_H
#define SILT_BOOK_H

#include "arch.h"
#include "core.h"

/// 1 + address / 8 MiB, in one shift.
static inline uint64_t silt_leaf_key(uintptr_t address) {
    return (address + ((uintptr_t)1 << SILT_LEAF_SHIFT)) >> SILT_LEAF_SHIFT;
}

static inline size_t silt_granule_of_leaf(uintptr_t address) {
    return (address >> SILT_GRANULE_SHIFT) % SILT_LEAF_GRANULES;
}

/// Books `bytes` from `start` on, on one granule or on two of one leaf. False: nothing was booked, take silt_book_slow.
///
/// A block of 500 bytes lies on two granules one time in eight, which no branch predictor foresees: so both are always
/// added to, the second with 0 bytes where there is none.
static inline __attribute__((always_inline)) bool silt_book_fast(uintptr_t start, size_t bytes, int sign) {
    const uintptr_t granule = (uintptr_t)1 << SILT_GRANULE_SHIFT;
    struct silt_thread *thread = silt_current;
    uintptr_t last = start + bytes - 1;
    uint64_t key = silt_leaf_key(start);
    struct silt_way *way = &thread->ways[key % SILT_WAYS];
    uint64_t rare = (way->key ^ key) | (silt_leaf_key(last) ^ key) | ((bytes - 1) >> SILT_GRANULE_SHIFT);
    if (SILT_UNLIKELY(rare != 0)) return false;
    size_t room = granule - (start & (granule - 1));
    size_t first = bytes < room ? bytes : room;
    uint16_t *counters = way->counters;
    struct silt_slot *totals = thread->totals;
    silt_add16(&counters[silt_granule_of_leaf(start)], (uint16_t)(sign < 0 ? -first : first));
    silt_add16(&counters[silt_granule_of_leaf(last)], (uint16_t)(sign < 0 ? first - bytes : bytes - first));
    silt_add64(&totals->live_bytes, sign < 0 ? -(int64_t)bytes : (int64_t)bytes);
    silt_add64(&totals->live_blocks, sign);
    return true;
}

#endif
