/// Where samples are: private nodes in hash chains, each of them beside the segment's entry of the same index.
#ifndef SILT_SAMPLE_TABLE_H
#define SILT_SAMPLE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "index.h"
#include "lock.h"
#include "nodes.h"
#include "state.h"

/// A sample is looked for by the 256 bytes that its address lies on.
#define SILT_CELL_SHIFT 8

struct silt_sample_node {
    uint64_t address;
    uint32_t next; ///< 1 + number of the next node with the same head, or of the next free one
    uint32_t state : 2; ///< enum silt_sample_state
    uint32_t serial : 30; ///< counts the uses of the node
};

/// What one lock is for: all chains whose hashes are alike in their low bits, and the unused nodes.
struct silt_stripe {
    struct silt_lock lock;
    uint32_t changes; ///< odd while something is being changed: a look-up that saw two values must be made again
    uint32_t free;    ///< 1 + number of an unused node
    uint32_t used;    ///< nodes in its chains
    uint64_t random;
} __attribute__((aligned(64)));

#define SILT_STRIPES 64u

struct silt_sample_table {
    struct silt_stripe stripes[SILT_STRIPES];
    struct silt_index index;
    struct silt_nodes nodes;
    uint32_t count; ///< nodes ever used
};
extern struct silt_sample_table silt_sample_table __attribute__((visibility("hidden")));

static inline uint64_t silt_sample_hash(uintptr_t address) { return silt_index_hash(address >> SILT_CELL_SHIFT); }

/// By the low bits of the hash, which every index has: a stripe holds whole chains however many heads there are.
static inline struct silt_stripe *silt_sample_stripe(uint64_t hash) {
    return &silt_sample_table.stripes[hash % SILT_STRIPES];
}

/// Node and entry number `link` - 1.
static inline struct silt_sample_node *silt_sample_node(uint32_t link) {
    return silt_nodes_at(&silt_sample_table.nodes, link - 1, sizeof(struct silt_sample_node));
}

static inline struct silt_sample *silt_sample_entry(uint32_t link) { return &silt_core.samples[link - 1]; }

/// False: as silt_lock.
static inline bool silt_sample_lock(struct silt_stripe *stripe) {
    if (!silt_lock(&stripe->lock)) return false;
    // A look-up without the lock must see this before anything that changes (a sequence lock: no locked instruction).
    __atomic_store_n(&stripe->changes, stripe->changes + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    return true;
}

static inline void silt_sample_unlock(struct silt_stripe *stripe) {
    __atomic_store_n(&stripe->changes, stripe->changes + 1, __ATOMIC_RELEASE);
    silt_unlock(&stripe->lock);
}

/// Whether every block is a sample.
static inline bool silt_samples_all(void) { return silt_core.sample_mean == 1; }

// Under the stripe's lock.

/// The link to the first node of a chain.
static inline uint32_t *silt_sample_chain(uint64_t hash) { return silt_index_head(&silt_sample_table.index, hash); }
/// A node that is in no chain; 0: the table is full.
uint32_t silt_sample_take(struct silt_stripe *stripe);
/// Whether what is left of the stripe's part of the table is for live blocks: the last quarter.
bool silt_sample_is_filling(const struct silt_stripe *stripe);
/// Back.
void silt_sample_give(struct silt_stripe *stripe, uint32_t link);
/// Puts a node into the chain of `hash` and its entry, whose place says what it is, into the segment's sight.
void silt_sample_enter(uint32_t link, uint64_t hash, uintptr_t address, const struct silt_sample *entry);
/// Makes a node of the chain of `hash` another one of the same chain, and its entry that.
void silt_sample_change(uint32_t link, uintptr_t address, const struct silt_sample *entry);
/// Takes the node that `*at` links to out of its chain, and its entry out of the segment's sight. Returns its link.
uint32_t silt_sample_unchain(uint32_t *at);
/// 64 bits, of which the upper ones are random: Knuth's MMIX generator (TAOCP 2, 3.3.4), a state a stripe.
static inline uint64_t silt_sample_random(struct silt_stripe *stripe) {
    return stripe->random = stripe->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
}

// Without a lock.

void silt_sample_table_start(void);
/// No samples, and no node in use.
void silt_sample_table_clear(void);
/// In a forked child: chains, counts and free nodes anew, from what the nodes themselves say, as a thread that is not
/// in this process may have stood in the middle of any change. `keep` is asked for each node in use once, with its
/// entry to be filled; what it does not keep is given up. Nodes beyond `most` are too.
void silt_sample_table_adopt(uint32_t most, bool (*keep)(uint32_t link, struct silt_sample *entry, void *context),
                             void *context);

/// Whether a chain holds anything of [start, end), or may.
bool silt_sample_cell_has(uint64_t hash, uintptr_t start, uintptr_t end);
/// Keeps the chains at about one node.
void silt_sample_table_grow(void);

#endif
