/// What glibc's malloc does by itself with its thresholds, followed from outside.
#include <malloc.h>

#include "state.h"

void silt_note_threshold(size_t chunk_bytes, uintptr_t caller) {
    // malloc/malloc.c, __libc_free: only up to DEFAULT_MMAP_THRESHOLD_MAX, 32 MiB on 64 bit. It compares the size field
    // with its flags in it (chunksize_nomask), so that a chunk of exactly 32 MiB is above.
    const size_t most = ((size_t)32 << 20) - 1;
    if (!silt_core_enter() || silt_core.other_allocator) return;
    struct silt_segment_header *header = silt_core.header;
    if (header->threshold_fixed || chunk_bytes <= header->mmap_threshold || chunk_bytes > most) return;
    header->mmap_threshold = chunk_bytes;
    header->trim_threshold = 2 * chunk_bytes;
    header->threshold_caller = caller;
}

void silt_note_setting(int parameter, int value) {
    if (!silt_core_enter() || silt_core.other_allocator) return;
    struct silt_segment_header *header = silt_core.header;
    if (parameter == M_MMAP_THRESHOLD) header->mmap_threshold = (uint64_t)value;
    if (parameter == M_TRIM_THRESHOLD) header->trim_threshold = (uint64_t)(int64_t)value;
    // malloc/malloc.c, do_set_*: each of these sets mp_.no_dyn_threshold.
    if (parameter == M_MMAP_THRESHOLD || parameter == M_TRIM_THRESHOLD || parameter == M_TOP_PAD ||
        parameter == M_MMAP_MAX)
        header->threshold_fixed = 1;
}

void silt_note_trim(void) {
    if (silt_core_enter()) __atomic_fetch_add(&silt_core.header->trim_calls, 1, __ATOMIC_RELAXED);
}
