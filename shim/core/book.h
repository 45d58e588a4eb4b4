/// The fast path: what every malloc and free pays.
///
/// On a hit: one probe and three single-instruction adds. Everything rare shares one branch: another leaf, a block
/// that spans granules, no slot yet, slot returned, forked child, held for a fork, books closed.
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

/// Books `bytes` (at least 1) from `start` on. False: nothing was booked, take silt_book_slow.
static inline __attribute__((always_inline)) bool silt_book_fast(uintptr_t start, size_t bytes, int sign) {
    struct silt_thread *thread = silt_current;
    uint64_t key = silt_leaf_key(start);
    struct silt_way *way = &thread->ways[key % SILT_WAYS];
    uintptr_t granule_mask = ((uintptr_t)1 << SILT_GRANULE_SHIFT) - 1;
    uint64_t rare = (way->key ^ key) | (((start & granule_mask) + bytes - 1) >> SILT_GRANULE_SHIFT);
    if (SILT_UNLIKELY(rare != 0)) return false;
    silt_add16(&way->counters[silt_granule_of_leaf(start)], (uint16_t)(sign < 0 ? -bytes : bytes));
    silt_add64(&thread->totals->live_bytes, sign < 0 ? -(int64_t)bytes : (int64_t)bytes);
    silt_add64(&thread->totals->live_blocks, sign);
    return true;
}

#endif
