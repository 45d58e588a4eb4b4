#include "watch.h"

#include <string.h>
#include <sys/mman.h>

#include "state.h"

// Whole pages, which can be given back.
uint8_t silt_watched[SILT_WATCHED_GRANULES] __attribute__((aligned(4096)));

static uint8_t *at(uint64_t granule) { return &silt_watched[granule % SILT_WATCHED_GRANULES]; }

void silt_watch(uint64_t granule) {
    uint8_t *watched = at(granule);
    uint8_t seen = __atomic_load_n(watched, __ATOMIC_RELAXED);
    while (seen != UINT8_MAX &&
           !__atomic_compare_exchange_n(watched, &seen, (uint8_t)(seen + 1), true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {}
}

void silt_unwatch(uint64_t granule) {
    uint8_t *watched = at(granule);
    uint8_t seen = __atomic_load_n(watched, __ATOMIC_RELAXED);
    while (seen != UINT8_MAX && seen != 0 &&
           !__atomic_compare_exchange_n(watched, &seen, (uint8_t)(seen - 1), true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

/// Eight at a time, as large blocks have many.
uint64_t silt_next_watched(uint64_t granule, uint64_t end) {
    while (granule < end) {
        uint64_t eight;
        memcpy(&eight, at(granule & ~UINT64_C(7)), sizeof eight);
        if (eight == 0)
            granule = (granule | 7) + 1;
        else if (silt_is_watched(granule))
            return granule;
        else
            granule++;
    }
    return end;
}

void silt_watch_nothing(void) {
    // Fails where pages are larger.
    if (madvise(silt_watched, sizeof silt_watched, MADV_DONTNEED) != 0) memset(silt_watched, 0, sizeof silt_watched);
}
