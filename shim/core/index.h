/// A chained hash index over numbered nodes, which grows with them. Whoever changes it holds the locks of its owner;
/// looking something up needs none, since no memory that it ever pointed to is unmapped: a look-up that crosses a
/// change can miss, never fault.
#ifndef SILT_INDEX_H
#define SILT_INDEX_H

#include <stdbool.h>
#include <stdint.h>

/// Heads that an index begins with: small enough to lie in the library's own data.
#define SILT_INDEX_FIRST 1024u

struct silt_heads {
    uint64_t mask;    ///< number of heads - 1
    uint32_t links[]; ///< 1 + number of the first node; 0: none
};

struct silt_index {
    struct silt_heads *heads;
    uint64_t first[1 + SILT_INDEX_FIRST / 2]; ///< the struct silt_heads that it begins with
};

/// Fibonacci hashing (D. Knuth, TAOCP 6.4): the upper bits, which depend on all bits of the key.
static inline uint64_t silt_index_hash(uint64_t key) { return key * UINT64_C(0x9E3779B97F4A7C15) >> 24; }

static inline struct silt_heads *silt_index_heads(struct silt_index *index) {
    return __atomic_load_n(&index->heads, __ATOMIC_ACQUIRE);
}

static inline uint32_t *silt_index_head(struct silt_index *index, uint64_t hash) {
    struct silt_heads *heads = silt_index_heads(index);
    return &heads->links[hash & heads->mask];
}

/// Makes an index empty, with its first heads.
void silt_index_clear(struct silt_index *index);
/// Empty heads, twice as many as `index` has; NULL where there is no memory for them. The owner fills them, then
/// publishes.
struct silt_heads *silt_index_grown(struct silt_index *index);
void silt_index_publish(struct silt_index *index, struct silt_heads *heads);

#endif
