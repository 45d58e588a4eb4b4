#include "lock.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"
#include "core.h"

/// Turns of a waiter: spinning, then sleeping a millisecond each, counted anew whenever somebody gave the lock back.
/// Not a time: on a busy machine the holder waits for a processor, and so do we. Yielding instead was tried: where
/// others had work for the processors, 100,000 yields went by before the holder ran again. 200 turns in all were too
/// few as well: of several threads that change all the time, one was overtaken for that long.
#define TURNS_SPINNING 200
#define TURNS_SLEEPING 2000
/// Where no system call may be made, all of them spin: some tenths of a second of processor time, which the scheduler
/// shares out between us and the holder. 100,000 turns are no longer than one turn at a processor, as the torture
/// found.
#define TURNS_CONFINED 10000000

/// Nobody wakes: the holder pays nothing. Like an allocator's own lock: no other system call than futex.
static void sleep_while_held(struct silt_lock *lock, uintptr_t holder) {
    const struct timespec most = {.tv_nsec = 1000000};
    syscall(SYS_futex, &lock->holder, FUTEX_WAIT_PRIVATE, (uint32_t)holder, &most, NULL, 0);
}

__attribute__((cold)) bool silt_lock_wait(struct silt_lock *lock, uintptr_t self) {
    bool confined = silt_core_is_confined();
    unsigned most = confined ? TURNS_CONFINED : TURNS_SPINNING + TURNS_SLEEPING;
    uint64_t seen = 0;
    for (unsigned turn = 0; turn < most; turn++) {
        uintptr_t holder;
        if (silt_try_lock(lock, self, &holder)) {
            __atomic_store_n(&lock->stuck, 0, __ATOMIC_RELAXED);
            return true;
        }
        if (holder == self) break;
        if (turn >= TURNS_SPINNING) {
            if (holder == __atomic_load_n(&lock->stuck, __ATOMIC_RELAXED)) break;
            uint64_t done = __atomic_load_n(&lock->done, __ATOMIC_RELAXED);
            if (done != seen) turn = TURNS_SPINNING;
            seen = done;
        }
        if (turn < TURNS_SPINNING || confined)
            silt_pause();
        else
            sleep_while_held(lock, holder);
        if (turn == most - 1) __atomic_store_n(&lock->stuck, holder, __ATOMIC_RELAXED);
    }
    return false;
}
