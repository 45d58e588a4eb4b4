/// The history: how live bytes, live blocks and RSS moved, by the second, by the minute and by the hour.
///
/// There is no thread that writes it. Who is on a slow path anyway (a sample, a sample's end, a thread's first
/// allocation, a mapping of the program's) brings the time along; the first one in a second writes. So it costs what a
/// look at a clock costs, and has gaps where the program did nothing that the shim could see.
#ifndef SILT_HISTORY_H
#define SILT_HISTORY_H

#include <stdint.h>

#include "arch.h"
#include "clock.h"

/// Bytes that a thread allocates between two looks at the clock where nothing is sampled. Blocks with a mapping of
/// their own may be as large, and would pay for the look each: of 1 MiB a block it is 2 % of the instructions that the
/// books cost.
#define SILT_HISTORY_BYTES (INT64_C(16) << 20)

/// When the next moment is due; UINT64_MAX: never.
extern uint64_t silt_history_due __attribute__((visibility("hidden")));

/// Begins anew, at the start of the process or in a forked child: the history is of this process alone.
void silt_history_start(uint64_t now);
/// Makes room for it, where none can be made later.
void silt_history_reserve(void);
/// Writes the moment of `now`, unless another thread does.
void silt_history_write(uint64_t now);

/// It is `now`. Anywhere after silt_core_enter, but under no lock. Keeps errno.
static inline void silt_history_note(uint64_t now) {
    if (SILT_UNLIKELY(now >= __atomic_load_n(&silt_history_due, __ATOMIC_RELAXED))) silt_history_write(now);
}

#endif
