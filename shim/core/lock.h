/// A lock for the core's tables: its waits are bounded, a signal handler that interrupts the holder on its own thread is
/// turned away, and nobody holds one around a call into the program or the allocator.
#ifndef SILT_LOCK_H
#define SILT_LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct silt_lock {
    uintptr_t holder; ///< thread pointer of the thread that has it, 0: nobody
};

/// False: a signal handler interrupted the holder on this very thread, or the wait was too long.
bool silt_lock(struct silt_lock *lock);
void silt_unlock(struct silt_lock *lock);

#endif
