/// A lock for the core's tables: waits end, a signal handler that interrupts the holder on its own thread is turned
/// away, and nobody holds one around a call into the program or the allocator.
#ifndef SILT_LOCK_H
#define SILT_LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct silt_lock {
    uintptr_t holder; ///< thread pointer of the thread that has it, 0: nobody
    uintptr_t stuck;  ///< a holder that was waited for in vain
    uint64_t done;    ///< how often it was given back
};

/// False: a signal handler interrupted the holder on this very thread; or nobody gets anything done, as where a handler
/// has interrupted the holder and waits for us. That is waited out once for a holder.
bool silt_lock(struct silt_lock *lock);
void silt_unlock(struct silt_lock *lock);

#endif
