#include "lock.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"
#include "core.h"

/// Turns of a waiter: spinning, then sleeping a millisecond each. Yielding instead was tried: where others had work for
/// the processors, 100,000 yields went by before the holder ran again.
#define TURNS_SPINNING 200
#define TURNS_SLEEPING 200
/// Where no system call may be made, all of them spin: some milliseconds.
#define TURNS_CONFINED 100000

/// Nobody wakes: the holder pays nothing. Like an allocator's own lock: no other system call than futex.
static void sleep_while_held(struct silt_lock *lock, uintptr_t holder) {
    const struct timespec most = {.tv_nsec = 1000000};
    syscall(SYS_futex, &lock->holder, FUTEX_WAIT_PRIVATE, (uint32_t)holder, &most, NULL, 0);
}

bool silt_lock(struct silt_lock *lock) {
    uintptr_t self = silt_thread_pointer();
    bool confined = silt_core_is_confined();
    unsigned spins = confined ? TURNS_CONFINED : TURNS_SPINNING;
    unsigned sleeps = confined ? 0 : TURNS_SLEEPING;
    for (unsigned turn = 0; turn < spins + sleeps; turn++) {
        uintptr_t holder = 0;
        if (__atomic_compare_exchange_n(&lock->holder, &holder, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return true;
        if (holder == self) break;
        if (turn < spins)
            silt_pause();
        else
            sleep_while_held(lock, holder);
    }
    return false;
}

void silt_unlock(struct silt_lock *lock) { __atomic_store_n(&lock->holder, 0, __ATOMIC_RELEASE); }
