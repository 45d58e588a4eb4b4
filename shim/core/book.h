/// The fast path: what every malloc and free pays.
///
/// On a hit: one probe and four single-instruction adds. Everything rare leaves by one of four branches: a probe that
/// misses (another leaf, no slot yet, slot returned, forked child, held for a fork, books never opened, not glibc), a
/// block on more than two granules, an allocation that becomes a sample, and a free on a granule where a sample is known.
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

/// How far a block was booked.
enum silt_booked {
    SILT_MISSED, ///< not at all: take silt_book_slow
    SILT_BOOKED,
    SILT_SAMPLED, ///< booked, and it is a sample: call silt_sample_new
};

/// Adds to the totals of a thread, in either direction.
static inline __attribute__((always_inline)) enum silt_booked silt_book_totals(struct silt_slot *totals, size_t bytes,
                                                                              int sign) {
    if (sign > 0) {
        silt_add64(&totals->live_blocks, 1);
        return SILT_UNLIKELY(silt_sub64_negative(&totals->countdown, (int64_t)bytes)) ? SILT_SAMPLED : SILT_BOOKED;
    }
    silt_sub64(&totals->live_blocks, 1);
    silt_sub64(&totals->credited, (int64_t)bytes);
    return SILT_BOOKED;
}

/// How many samples are known on a granule, modulo this many granules (4 GiB of addresses); 255 and it stays so. What a
/// freed block left also counts on the granule before it, where a later block that reaches it may begin.
#define SILT_WATCHED_GRANULES ((uint64_t)1 << 20)
extern uint8_t silt_watched[SILT_WATCHED_GRANULES] __attribute__((visibility("hidden")));

static inline bool silt_is_watched(uint64_t granule) { return silt_watched[granule % SILT_WATCHED_GRANULES] != 0; }

static inline __attribute__((always_inline)) void silt_book_granule(uint16_t *counter, size_t bytes, int sign) {
    if (sign > 0)
        silt_add16(counter, (uint16_t)bytes);
    else
        silt_sub16(counter, (uint16_t)bytes);
}

/// Books a block of `bytes` from `start` on, live (`sign` 1) or no longer (-1), if it lies on one granule or on two, and
/// if nothing more is to be done when it ends.
///
/// A block of 500 bytes lies on two granules one time in eight, which no branch predictor foresees, and the answer waits
/// for the block's header: so both neighbours are always added to, the second 0 bytes where there is none.
static inline __attribute__((always_inline)) enum silt_booked silt_book_hit(const struct silt_hit *hit, uintptr_t start,
                                                                           size_t bytes, int sign) {
    const size_t granule = (size_t)1 << SILT_GRANULE_SHIFT;
    size_t end = start % granule + bytes;
    if (SILT_UNLIKELY(end > 2 * granule)) return SILT_MISSED;
    if (sign < 0 && SILT_UNLIKELY(silt_is_watched(hit->granule))) return SILT_MISSED;
    size_t second = end > granule ? end - granule : 0;
    uint16_t *counter = &hit->thread->counters[hit->way][hit->granule];
    silt_book_granule(&counter[0], bytes - second, sign);
    silt_book_granule(&counter[1], second, sign);
    return silt_book_totals(hit->thread->totals, bytes, sign);
}

#endif
