/// Memory for what the unwinder and the loader allocate on our behalf: the heap that is measured must not change by it.
/// (A block of 16 bytes near the top of a thread's arena decides what trimming can return.)
#ifndef SILT_OWN_H
#define SILT_OWN_H

#include <stdbool.h>
#include <stddef.h>

#include "core.h"

void silt_own_start(void);
/// Zeros, aligned to 16 bytes; NULL: too large, or used up.
void *silt_own_alloc(size_t bytes);
void silt_own_free(void *block);
/// Some 10,000 threads' thread-local memory of libunwind.
#define SILT_OWN_BYTES ((size_t)1 << 20)
extern char *silt_own_memory __attribute__((visibility("hidden")));
/// Whether a block is one of these. It is not NULL.
static inline bool silt_own_holds(const void *block) {
    return (size_t)((const char *)block - silt_own_memory) < SILT_OWN_BYTES && silt_own_memory;
}
/// The bytes that a block has room for.
size_t silt_own_bytes(const void *block);

/// Whether this thread is taking a stack: then what it allocates is ours.
static inline bool silt_is_observing(void) { return silt_current == &silt_observing; }

#endif
