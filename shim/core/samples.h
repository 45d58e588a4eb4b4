/// The table of samples: live blocks by where they begin, and the points that freed ones left.
#ifndef SILT_SAMPLES_H
#define SILT_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What is recorded of a block beside its extent.
struct silt_sampled {
    uint64_t request; ///< bytes
    uint64_t now;     ///< silt_clock
    uint32_t thread;
    uint32_t stack; ///< 1 + index
    uint32_t tag;   ///< 1 + index
};

/// A sample that has no room.
void silt_samples_note_dropped(void);

void silt_samples_start(void);
void silt_samples_add(uintptr_t start, size_t bytes, const struct silt_sampled *sampled);
/// The block [start, start + bytes) ends. If it is a sample it leaves points, unless its memory is unmapped with it;
/// points of earlier blocks that it covered end.
void silt_samples_end(uintptr_t start, size_t bytes, bool unmapped);
/// In a forked child: takes the samples over from the parent's segment, and puts in order what a thread that is not in
/// this process was changing.
struct silt_mapped;
void silt_samples_adopt(const struct silt_mapped *parents);
/// In a forked child that has no room for samples.
void silt_samples_forget(void);

// sampling.c
/// 64 random bits.
uint64_t silt_random(void);

#endif
