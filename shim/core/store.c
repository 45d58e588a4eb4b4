/// Bytes that entries of other tables point at: paths and names. They only grow.
#include <string.h>

#include "stacks.h"
#include "state.h"

int64_t silt_text_store(const void *bytes, size_t count) {
    uint64_t at = __atomic_fetch_add(&silt_core.text_used, count, __ATOMIC_RELAXED);
    if (count > silt_core.text_capacity || at > silt_core.text_capacity - count ||
        !silt_segment_reserve(SILT_SECTION_TEXT, at + count)) {
        __atomic_fetch_sub(&silt_core.text_used, count, __ATOMIC_RELAXED);
        return -1;
    }
    memcpy(silt_core.text + at, bytes, count);
    // The entry that points here is published after this: what lies below the count and is still being written belongs to
    // no entry yet.
    return silt_segment_publish_count(SILT_SECTION_TEXT, at + count) ? (int64_t)at : -1;
}
