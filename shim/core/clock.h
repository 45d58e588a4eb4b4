/// The core's clock.
#ifndef SILT_CLOCK_H
#define SILT_CLOCK_H

#include <stdint.h>
#include <time.h>

/// CLOCK_MONOTONIC in nanoseconds, some milliseconds coarse and a fifth of the price (vDSO: no system call).
static inline uint64_t silt_clock(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

#endif
