/// The fast path: what every malloc and free pays.
///
/// On a hit: one probe and four single-instruction adds. Everything rare leaves by one of four branches: a probe that
/// misses (NULL, another leaf, no slot yet, slot returned, forked child, held for a fork, books never opened, not
/// glibc), a block of a granule and more, an allocation that becomes a sample, and a free on a granule where a sample
/// is known.
#ifndef SILT_BOOK_H
#define SILT_BOOK_H

#include "arch.h"
#include "core.h"

/// Addresses are counted from 16 MiB below 0. A leaf's key is then at least 2: 0 is what an empty or wiped way holds,
/// and 1 what would hold the chunk of NULL, so that no way ever does and the fast path need not ask.
#define SILT_BIAS ((uintptr_t)2 << SILT_LEAF_SHIFT)
/// Keys of the private tables, less the segment's, which are counted from 8 MiB below 0.
#define SILT_KEY_OFFSET 1

/// An address's granule, counted so.
static inline uint64_t silt_granule(uintptr_t address) { return (address + SILT_BIAS) >> SILT_GRANULE_SHIFT; }

/// Which leaf counts an address, as the private tables number it.
static inline uint64_t silt_leaf_key(uintptr_t address) { return (address + SILT_BIAS) >> SILT_LEAF_SHIFT; }

/// Where a block's first granule is counted.
struct silt_hit {
    struct silt_thread *thread;
    uintptr_t biased; ///< the block's start, SILT_BIAS added
    uint32_t way;
};

/// Looks for the counters of `start`. Does not need the block's size, so that nothing of NULL or of a block that is not
/// glibc's is ever read: with another allocator no way is filled.
static inline __attribute__((always_inline)) bool silt_probe(uintptr_t start, struct silt_hit *hit) {
    hit->thread = silt_current;
    hit->biased = start + SILT_BIAS;
    uint64_t key = hit->biased >> SILT_LEAF_SHIFT;
    hit->way = key % SILT_WAYS;
    // Another thread may be emptying the way: then this operation is the last, or misses already.
    return SILT_LIKELY(SILT_RACY(hit->thread->keys[hit->way]) == key);
}

/// How far a block was booked.
enum silt_booked {
    SILT_MISSED, ///< not at all: take silt_book_slow
    SILT_BOOKED,
    SILT_SAMPLED, ///< booked, and it is a sample: call silt_sample_new
    SILT_WATCHED, ///< not at all, as its end may be one of a sample: take silt_book_watched
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

/// Books a block of `bytes`, less than a granule, live (`sign` 1) or no longer (-1).
///
/// A block of 500 bytes lies on two granules one time in eight, which no branch predictor foresees, and the answer
/// waits for the block's header: so both neighbours are always added to, the second 0 bytes where there is none.
static inline __attribute__((always_inline)) enum silt_booked silt_book_parts(const struct silt_hit *hit, uint32_t bytes,
                                                                             int sign) {
    // What lies behind the granule's end: with all bits above it set the offset is "offset - 4096", and the sum
    // overflows where the block reaches that far.
    uint32_t second;
    if (!__builtin_add_overflow((uint32_t)hit->biased | -(1u << SILT_GRANULE_SHIFT), bytes, &second)) second = 0;
    uint16_t *counter = &hit->thread->counters[hit->way][hit->biased >> SILT_GRANULE_SHIFT];
    silt_book_granule(&counter[0], bytes - second, sign);
    silt_book_granule(&counter[1], second, sign);
    return silt_book_totals(hit->thread->totals, bytes, sign);
}

/// The same, if nothing more is to be done when the block ends.
static inline __attribute__((always_inline)) enum silt_booked silt_book_hit(const struct silt_hit *hit, uint32_t bytes,
                                                                           int sign) {
    if (sign < 0 && SILT_UNLIKELY(silt_is_watched(hit->biased >> SILT_GRANULE_SHIFT))) return SILT_WATCHED;
    return silt_book_parts(hit, bytes, sign);
}

#endif
