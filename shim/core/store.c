/// Bytes that entries of other tables point at: paths and names. They only grow.
#include <string.h>

#include "stacks.h"
#include "state.h"

int64_t silt_text_store(const void *bytes, size_t count) {
    uint64_t at = __atomic_load_n(&silt_core.text_used, __ATOMIC_RELAXED);
    do {
        // Safe to touch before it is counted: a child that is forked meanwhile copies all that is counted.
        if (count > silt_core.text_capacity || at > silt_core.text_capacity - count ||
            !silt_segment_reserve(SILT_SECTION_TEXT, at + count))
            return -1;
    } while (!__atomic_compare_exchange_n(&silt_core.text_used, &at, at + count, false, __ATOMIC_ACQ_REL,
                                          __ATOMIC_RELAXED));
    memcpy(silt_core.text + at, bytes, count);
    // The entry that points here is published after this: what lies below the count and is still being written belongs
    // to no entry yet.
    return silt_segment_publish_count(SILT_SECTION_TEXT, at + count) ? (int64_t)at : -1;
}
