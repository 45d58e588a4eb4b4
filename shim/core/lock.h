/// A lock for the core's tables: waits end, a signal handler that interrupts the holder on its own thread is turned
/// away, and nobody holds one around a call into the program or the allocator.
#ifndef SILT_LOCK_H
#define SILT_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "arch.h"

struct silt_lock {
    uintptr_t holder; ///< thread pointer of the thread that has it, 0: nobody
    uintptr_t stuck;  ///< a holder that was waited for in vain
    uint64_t done;    ///< how often it was given back
};

/// False: a signal handler interrupted the holder on this very thread; or nobody gets anything done, as where a handler
/// has interrupted the holder and waits for us. That is waited out once for a holder.
static inline bool silt_lock(struct silt_lock *lock);
static inline void silt_unlock(struct silt_lock *lock);

/// Takes the lock if nobody has it; else says who does.
static inline bool silt_try_lock(struct silt_lock *lock, uintptr_t self, uintptr_t *holder) {
    *holder = 0;
    return __atomic_compare_exchange_n(&lock->holder, holder, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/// Apart from silt_lock, so that who need not wait pays nothing for it.
bool silt_lock_wait(struct silt_lock *lock, uintptr_t self);

static inline bool silt_lock(struct silt_lock *lock) {
    uintptr_t self = silt_thread_pointer(), holder;
    return SILT_LIKELY(silt_try_lock(lock, self, &holder)) || silt_lock_wait(lock, self);
}

static inline void silt_unlock(struct silt_lock *lock) {
    __atomic_store_n(&lock->done, lock->done + 1, __ATOMIC_RELAXED);
    __atomic_store_n(&lock->holder, 0, __ATOMIC_RELEASE);
}

#endif
