#include "index.h"

#include <stddef.h>
#include <string.h>

#include "pages.h"
#include "state.h"

void silt_index_clear(struct silt_index *index) {
    struct silt_heads *heads = (struct silt_heads *)index->first;
    memset(heads, 0, sizeof index->first);
    heads->mask = SILT_INDEX_FIRST - 1;
    silt_index_publish(index, heads);
}

struct silt_heads *silt_index_grown(struct silt_index *index) {
    if (silt_core_is_confined()) return NULL;
    uint64_t count = 2 * (silt_index_heads(index)->mask + 1);
    size_t bytes = sizeof(struct silt_heads) + count * sizeof(uint32_t);
    struct silt_heads *heads = silt_pages_map(bytes);
    if (!heads) return NULL;
    silt_observer_add((uintptr_t)heads, bytes);
    heads->mask = count - 1;
    return heads;
}

void silt_index_publish(struct silt_index *index, struct silt_heads *heads) {
    __atomic_store_n(&index->heads, heads, __ATOMIC_RELEASE);
}
