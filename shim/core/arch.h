/// What differs between processors: single-instruction adds, the thread pointer, a pause for spinning.
#ifndef SILT_ARCH_H
#define SILT_ARCH_H

#include <stdbool.h>
#include <stdint.h>

#define SILT_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define SILT_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/// SILT_PORTABLE: as on any other processor, for sanitizers, which cannot look into assembly.
#if defined(__x86_64__) && !defined(SILT_PORTABLE)
#define SILT_HAS_MEMORY_ADDS 1
#else
#define SILT_HAS_MEMORY_ADDS 0
#endif

/// A read that races with another thread's write on purpose: whatever it finds will do, as the reason beside it tells.
/// A plain load, which the compiler may fold and vectorize; the thread sanitizer is told.
#if defined(SILT_PORTABLE)
#define SILT_RACY(place) __atomic_load_n(&(place), __ATOMIC_RELAXED)
#else
#define SILT_RACY(place) (place)
#endif

/// Adds to a counter that only this thread writes. One instruction where the processor has it, so that a signal handler
/// that interrupts this thread and books on the same counter cannot be lost; no bus lock, since nobody else writes.
static inline void silt_add16(uint16_t *counter, uint16_t value) {
#if SILT_HAS_MEMORY_ADDS
    __asm__ volatile("addw %1, %0" : "+m"(*counter) : "ri"(value) : "cc");
#else
    __atomic_fetch_add(counter, value, __ATOMIC_RELAXED);
#endif
}

static inline void silt_add64(void *counter, int64_t value) {
#if SILT_HAS_MEMORY_ADDS
    __asm__ volatile("addq %1, %0" : "+m"(*(int64_t *)counter) : "er"(value) : "cc");
#else
    __atomic_fetch_add((int64_t *)counter, value, __ATOMIC_RELAXED);
#endif
}

static inline void silt_sub16(uint16_t *counter, uint16_t value) {
#if SILT_HAS_MEMORY_ADDS
    __asm__ volatile("subw %1, %0" : "+m"(*counter) : "ri"(value) : "cc");
#else
    __atomic_fetch_sub(counter, value, __ATOMIC_RELAXED);
#endif
}

static inline void silt_sub64(void *counter, int64_t value) {
#if SILT_HAS_MEMORY_ADDS
    __asm__ volatile("subq %1, %0" : "+m"(*(int64_t *)counter) : "er"(value) : "cc");
#else
    __atomic_fetch_sub((int64_t *)counter, value, __ATOMIC_RELAXED);
#endif
}

/// Subtracts, and says whether the counter is below 0 now: the processor knows from the same instruction.
static inline bool silt_sub64_negative(int64_t *counter, int64_t value) {
#if defined(__x86_64__)
    bool negative;
    __asm__ volatile("subq %2, %0" : "+m"(*counter), "=@ccs"(negative) : "er"(value));
    return negative;
#else
    return __atomic_sub_fetch(counter, value, __ATOMIC_RELAXED) < 0;
#endif
}

/// The address of this thread's struct pthread, which glibc puts at the end of the thread's stack mapping.
static inline uintptr_t silt_thread_pointer(void) {
#if defined(__x86_64__)
    uintptr_t pointer;
    __asm__("movq %%fs:0, %0" : "=r"(pointer));
    return pointer;
#elif defined(__aarch64__)
    uintptr_t pointer;
    __asm__("mrs %0, tpidr_el0" : "=r"(pointer));
    return pointer;
#else
#error "silt has no thread pointer for this processor"
#endif
}

static inline void silt_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
