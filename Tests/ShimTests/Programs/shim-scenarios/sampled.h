/// A heap of made-up blocks that may begin anywhere, and what its samples must be: byte by byte, which block was there
/// last. A block's number stands for its thread's, so that every sample tells whose it is.
#ifndef SHIM_SCENARIOS_SAMPLED_H
#define SHIM_SCENARIOS_SAMPLED_H

#include <stdint.h>

#include "core.h"

/// An entry of the table of samples, as a reader takes it apart.
struct unpacked {
    uint64_t address, bytes;
    uint32_t rest; ///< bytes that were not asked for, or points
    uint32_t thread, stack, tag, state;
};

static inline struct unpacked unpack(const struct silt_sample *sample) {
    return (struct unpacked){.address = sample->place & SILT_SAMPLE_ADDRESS,
                             .bytes = sample->extent & SILT_SAMPLE_ADDRESS,
                             .rest = (uint32_t)(sample->extent >> 48),
                             .thread = sample->thread,
                             .stack = sample->stack & ((1u << SILT_SAMPLE_STACK_BITS) - 1),
                             .tag = sample->place >> SILT_SAMPLE_TAG_SHIFT & ((1u << SILT_SAMPLE_TAG_BITS) - 1),
                             .state = (uint32_t)(sample->place >> SILT_SAMPLE_STATE_SHIFT)};
}

/// Makes, frees or resizes one block; any thread may.
void model_step(uint64_t *random);
/// Frees every block.
void model_empty(void);
/// Holds the model still, also over a fork: what other threads are doing to a block is then known.
void model_hold(void);
void model_release(void);
/// In a child: blocks that other threads were changing are not looked at any more.
void model_forget_unsettled(void);

/// Compares the segment's samples with the model and says what is wrong. Held, or with no other thread at it. `may_miss`
/// samples may be missing, when that many were counted as dropped.
void model_check(const char *when, uint64_t may_miss);
uint64_t model_live_blocks(void);

#endif
