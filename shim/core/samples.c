/// Samples are found by the 256 bytes that they begin on, each under one of 64 locks. A free asks the granule's byte in
/// silt_watched first, then looks for itself without a lock, and only where there is something to change takes one: the
/// same few instructions whether the program's hottest block shares its granule with a sample or not.
#include <string.h>
#include <time.h>

#include "arch.h"
#include "book.h"
#include "history.h"
#include "index.h"
#include "lock.h"
#include "nodes.h"
#include "state.h"

#include "samples.h"

#define CELL_SHIFT 8
#define STRIPES 64u
/// A freed block leaves one point for each so many bytes at least, and at most MOST_POINTS.
#define POINT_BYTES ((size_t)64 << 10)
#define MOST_POINTS 1024u

struct node {
    uint64_t address;
    uint32_t next; ///< 1 + number of the next node with the same head, or of the next free one
    uint32_t state : 2; ///< enum silt_sample_state
    uint32_t serial : 30; ///< of the entry
};

static struct {
    struct stripe {
        struct silt_lock lock;
        uint32_t changes; ///< grows with every change: a look-up that saw two values must be made again
        uint32_t free;    ///< 1 + number of an unused node
    } __attribute__((aligned(64))) stripes[STRIPES];
    struct silt_index index;
    struct silt_nodes nodes;
    uint32_t count; ///< nodes ever used
    uint32_t used;  ///< nodes in use now
} table;

// Whole pages, which can be given back.
uint8_t silt_watched[SILT_WATCHED_GRANULES] __attribute__((aligned(4096)));

static struct node *node_at(uint32_t link) { return silt_nodes_at(&table.nodes, link - 1, sizeof(struct node)); }
static struct silt_sample *entry_at(uint32_t link) { return &silt_core.samples[link - 1]; }

static uint64_t cell_of(uintptr_t address) { return address >> CELL_SHIFT; }
static uint64_t hash_of(uintptr_t address) { return silt_index_hash(cell_of(address)); }
/// The low bits of the hash, which every index has: a stripe holds whole chains however many heads there are.
static struct stripe *stripe_of(uint64_t hash) { return &table.stripes[hash % STRIPES]; }

static uint64_t now(void) {
    struct timespec time;
    // Some milliseconds coarse and a fifth of the price (vDSO: no system call).
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void watch(uint64_t granule) {
    uint8_t *watched = &silt_watched[granule % SILT_WATCHED_GRANULES];
    uint8_t seen = __atomic_load_n(watched, __ATOMIC_RELAXED);
    while (seen != UINT8_MAX &&
           !__atomic_compare_exchange_n(watched, &seen, (uint8_t)(seen + 1), true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {}
}

static void unwatch(uint64_t granule) {
    uint8_t *watched = &silt_watched[granule % SILT_WATCHED_GRANULES];
    uint8_t seen = __atomic_load_n(watched, __ATOMIC_RELAXED);
    while (seen != UINT8_MAX && seen != 0 &&
           !__atomic_compare_exchange_n(watched, &seen, (uint8_t)(seen - 1), true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

/// Counts a node on its granule, and a point on the one before too: a block on two granules may begin there and reach it.
static void watch_node(const struct node *node) {
    watch(silt_granule(node->address));
    if (node->state == SILT_SAMPLE_LEFT) watch(silt_granule(node->address) - 1);
}

static void unwatch_node(const struct node *node) {
    unwatch(silt_granule(node->address));
    if (node->state == SILT_SAMPLE_LEFT) unwatch(silt_granule(node->address) - 1);
}

// MARK: Changes, under the stripe's lock

static bool lock(struct stripe *stripe) {
    if (!silt_lock(&stripe->lock)) return false;
    __atomic_fetch_add(&stripe->changes, 1, __ATOMIC_SEQ_CST);
    return true;
}

static void unlock(struct stripe *stripe) {
    __atomic_fetch_add(&stripe->changes, 1, __ATOMIC_SEQ_CST);
    silt_unlock(&stripe->lock);
}

/// A node that was never used; 0 when there is no room for one. It is safe to touch before it is counted: whoever finds no
/// room has no number to take back, and a child that is forked meanwhile can read all that is counted.
static uint32_t next_node(void) {
    uint32_t count = __atomic_load_n(&table.count, __ATOMIC_RELAXED);
    do {
        if (count >= silt_core.sample_capacity || !silt_nodes_reserve(&table.nodes, count, sizeof(struct node)) ||
            !silt_segment_publish_count(SILT_SECTION_SAMPLES, count + 1))
            return 0;
    } while (!__atomic_compare_exchange_n(&table.count, &count, count + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
    return count + 1;
}

/// An unused node, in nobody's chain; 0 when there is none.
static uint32_t take_node(struct stripe *stripe) {
    uint32_t link = stripe->free;
    if (link)
        stripe->free = node_at(link)->next;
    else
        link = next_node();
    if (link) __atomic_fetch_add(&table.used, 1, __ATOMIC_RELAXED);
    return link;
}

static void give_node(struct stripe *stripe, uint32_t link) {
    __atomic_fetch_sub(&table.used, 1, __ATOMIC_RELAXED);
    node_at(link)->next = stripe->free;
    stripe->free = link;
}

/// Puts a node whose address and state are set into its chain. A look-up may meet it at once.
static void chain(uint32_t link) {
    struct node *node = node_at(link);
    uint32_t *head = silt_index_head(&table.index, hash_of(node->address));
    node->next = *head;
    watch_node(node);
    __atomic_store_n(head, link, __ATOMIC_RELEASE);
}

/// Takes the node that `*at` links to out of its chain, and its entry out of the segment's sight.
static uint32_t unchain(uint32_t *at) {
    uint32_t link = *at;
    struct node *node = node_at(link);
    __atomic_store_n(&entry_at(link)->state, SILT_SAMPLE_NONE, __ATOMIC_RELEASE);
    __atomic_store_n(at, node->next, __ATOMIC_RELEASE);
    unwatch_node(node);
    node->state = SILT_SAMPLE_NONE;
    return link;
}

/// Ends the points that lie on [start, end) in one cell, and takes the live block out that begins at `start`, if `start`
/// lies in this cell. Returns its node, 0 if there is none.
static uint32_t clear_cell(struct stripe *stripe, uint64_t hash, uintptr_t start, uintptr_t end) {
    uint32_t live = 0;
    uint32_t *at = silt_index_head(&table.index, hash);
    while (*at) {
        struct node *node = node_at(*at);
        bool is_point = node->state == SILT_SAMPLE_LEFT && node->address >= start && node->address < end;
        bool is_block = node->state == SILT_SAMPLE_LIVE && node->address == start;
        if (is_point)
            give_node(stripe, unchain(at));
        else if (is_block && !live)
            live = unchain(at);
        else
            at = &node->next;
    }
    return live;
}

// MARK: Look-ups, without a lock

/// Whether a cell's chain holds anything of [start, end), or may.
static bool cell_has(uint64_t hash, uintptr_t start, uintptr_t end) {
    const struct stripe *stripe = stripe_of(hash);
    uint32_t changes = __atomic_load_n(&stripe->changes, __ATOMIC_ACQUIRE);
    uint32_t link = __atomic_load_n(silt_index_head(&table.index, hash), __ATOMIC_ACQUIRE);
    // A chain that others change can lead anywhere, also in circles.
    for (unsigned steps = 0; link; steps++) {
        const struct node *node = node_at(link);
        if ((node->address >= start && node->address < end) || steps == 1000) return true;
        link = __atomic_load_n(&node->next, __ATOMIC_ACQUIRE);
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return changes % 2 || __atomic_load_n(&stripe->changes, __ATOMIC_RELAXED) != changes;
}

/// The first granule from `granule` on that is watched, `end` where none is; eight at a time, as large blocks have many.
static uint64_t next_watched(uint64_t granule, uint64_t end) {
    while (granule < end) {
        uint64_t eight;
        __builtin_memcpy(&eight, &silt_watched[granule % SILT_WATCHED_GRANULES & ~UINT64_C(7)], sizeof eight);
        if (eight == 0)
            granule = (granule | 7) + 1;
        else if (silt_is_watched(granule))
            return granule;
        else
            granule++;
    }
    return end;
}

/// Clears the block's cells of what it covers. Returns the node of the block itself, 0 if it is no sample.
static uint32_t clear(uintptr_t start, uintptr_t end) {
    uint32_t live = 0;
    bool entered = false;
    const uintptr_t granule = (uintptr_t)1 << SILT_GRANULE_SHIFT, cell = (uintptr_t)1 << CELL_SHIFT;
    uint64_t first = silt_granule(start), past = silt_granule(end - 1) + 1;
    for (uint64_t at = next_watched(first, past); at < past; at = next_watched(at + 1, past)) {
        // A child without books of its own, or one that has not made them yet, still knows its parent's samples: their
        // entries are the parent's, or are mapped no more.
        if (!entered && !silt_core_enter()) return 0;
        entered = true;
        uintptr_t low = start + (at - first) * granule - (at > first ? start % granule : 0);
        uintptr_t high = (low / granule + 1) * granule;
        for (uintptr_t place = low; place < (high < end ? high : end); place = (place / cell + 1) * cell) {
            uint64_t hash = hash_of(place);
            struct stripe *stripe = stripe_of(hash);
            if (!cell_has(hash, start, end) || !lock(stripe)) continue;
            uint32_t found = clear_cell(stripe, hash, start, end);
            if (found) live = found;
            unlock(stripe);
        }
    }
    return live;
}

// MARK: Growth

static void unlock_all(unsigned count) {
    for (unsigned i = 0; i < count; i++) unlock(&table.stripes[i]);
}

static bool lock_all(void) {
    for (unsigned i = 0; i < STRIPES; i++) {
        if (lock(&table.stripes[i])) continue;
        unlock_all(i);
        return false;
    }
    return true;
}

/// Chains every node in use anew, from the heads that are published now.
static void chain_all(void) {
    uint32_t count = __atomic_load_n(&table.count, __ATOMIC_ACQUIRE);
    for (uint32_t link = 1; link <= count; link++) {
        if (!silt_nodes_reserve(&table.nodes, link - 1, sizeof(struct node))) return;
        struct node *node = node_at(link);
        if (node->state == SILT_SAMPLE_NONE) continue;
        uint32_t *head = silt_index_head(&table.index, hash_of(node->address));
        node->next = *head;
        __atomic_store_n(head, link, __ATOMIC_RELEASE);
    }
}

static bool is_crowded(void) {
    return __atomic_load_n(&table.used, __ATOMIC_RELAXED) > silt_index_heads(&table.index)->mask;
}

/// Keeps the chains at about one node.
static void grow_if_crowded(void) {
    if (!is_crowded() || !lock_all()) return;
    // Another thread may have been quicker.
    struct silt_heads *heads = is_crowded() ? silt_index_grown(&table.index) : NULL;
    if (heads) {
        silt_index_publish(&table.index, heads);
        chain_all();
    }
    unlock_all(STRIPES);
}

// MARK: Samples

static void note_dropped(void) { __atomic_fetch_add(&silt_core.header->samples_dropped, 1, __ATOMIC_RELAXED); }

static bool insert(uintptr_t address, uint32_t state, const struct silt_sample *entry) {
    struct stripe *stripe = stripe_of(hash_of(address));
    if (!lock(stripe)) return false;
    uint32_t link = take_node(stripe);
    if (link) {
        struct node *node = node_at(link);
        node->address = address;
        node->state = state & 3;
        node->serial++;
        struct silt_sample *shown = entry_at(link);
        *shown = *entry;
        shown->serial = node->serial;
        __atomic_store_n(&shown->state, (uint16_t)state, __ATOMIC_RELEASE);
        chain(link);
    }
    unlock(stripe);
    return link != 0;
}

void silt_samples_add(uintptr_t start, size_t bytes, const struct silt_sampled *sampled) {
    // What is still known of the place is past: points, and a block whose end was not seen.
    uint32_t stale = clear(start, start + bytes);
    if (stale) {
        struct stripe *stripe = stripe_of(hash_of(start));
        if (lock(stripe)) {
            give_node(stripe, stale);
            unlock(stripe);
        }
    }
    const struct silt_sample entry = {
        .address = start, .bytes = bytes, .request = sampled->request, .born_ns = now(), .thread = sampled->thread,
        .stack = sampled->stack, .tag = sampled->tag, .points = 1};
    if (!insert(start, SILT_SAMPLE_LIVE, &entry)) note_dropped();
    grow_if_crowded();
}

/// One point in each of `points` equal parts of the block, evenly drawn.
static void leave_points(struct silt_sample *block) {
    size_t part = silt_core.sample_mean > POINT_BYTES ? silt_core.sample_mean : POINT_BYTES;
    size_t points = (block->bytes + part / 2) / part;
    points = points < 1 ? 1 : points > MOST_POINTS ? MOST_POINTS : points;
    uintptr_t start = block->address;
    block->points = (uint16_t)points;
    block->freed_ns = now();
    for (size_t i = 0; i < points; i++) {
        uint64_t share = block->bytes / points;
        block->address = start + i * share + silt_random() % share;
        // The last quarter of the table is for live blocks.
        bool full = __atomic_load_n(&table.used, __ATOMIC_RELAXED) > silt_core.sample_capacity / 4 * 3;
        if (full || !insert(block->address, SILT_SAMPLE_LEFT, block)) return note_dropped();
    }
}

void silt_samples_end(uintptr_t start, size_t bytes, bool unmapped) {
    uint32_t link = silt_core.sample_mean ? clear(start, start + bytes) : 0;
    if (SILT_LIKELY(!link)) return;
    struct silt_sample block = *entry_at(link);
    struct stripe *stripe = stripe_of(hash_of(start));
    if (!lock(stripe)) return; // the node is lost, until a fork or the end
    give_node(stripe, link);
    unlock(stripe);
    block.address = start;
    block.bytes = bytes;
    block.state = SILT_SAMPLE_NONE;
    if (!unmapped && silt_core_is_on()) leave_points(&block);
    silt_history_note(block.freed_ns);
}

void silt_samples_start(void) { silt_index_clear(&table.index); }

/// Counts no sample on any granule.
static void watch_nothing(void) {
    // Fails where pages are larger.
    if (madvise(silt_watched, sizeof silt_watched, MADV_DONTNEED) != 0) memset(silt_watched, 0, sizeof silt_watched);
}

void silt_samples_forget(void) {
    watch_nothing();
    table.count = table.used = 0;
    silt_index_clear(&table.index);
}

/// Chains, counts and free nodes anew, from what the nodes themselves say: a thread that is not in this process may have
/// stood in the middle of any change.
static void rebuild(void) {
    watch_nothing();
    for (unsigned i = 0; i < STRIPES; i++) table.stripes[i] = (struct stripe){0};
    struct silt_heads *heads = silt_index_heads(&table.index);
    for (uint64_t i = 0; i <= heads->mask; i++) heads->links[i] = 0;
    chain_all();
    for (uint32_t link = 1; link <= table.count; link++) {
        struct stripe *stripe = &table.stripes[link % STRIPES];
        if (node_at(link)->state != SILT_SAMPLE_NONE) {
            watch_node(node_at(link));
        } else {
            node_at(link)->next = stripe->free;
            stripe->free = link;
        }
    }
}

/// Copies an entry of the parent's, which goes on meanwhile. False: it is no longer, or was not yet, what the node was at
/// the fork.
static bool copy_entry(const struct silt_sample *parents, const struct node *node, struct silt_sample *copy) {
    uint32_t serial = node->serial;
    if (__atomic_load_n(&parents->state, __ATOMIC_ACQUIRE) != node->state) return false;
    *copy = *parents;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&parents->state, __ATOMIC_RELAXED) == node->state && copy->address == node->address &&
           copy->serial == serial && __atomic_load_n(&parents->serial, __ATOMIC_RELAXED) == serial;
}

void silt_samples_adopt(const struct silt_mapped *parents) {
    const void *entries = parents->base + parents->offset[SILT_SECTION_SAMPLES];
    const struct silt_sample *old = entries;
    // What the parent has not, the child has not either.
    const struct silt_segment_header *header = (const void *)parents->base;
    silt_core.header->samples_dropped = __atomic_load_n(&header->samples_dropped, __ATOMIC_RELAXED);
    silt_core.header->stacks_dropped = __atomic_load_n(&header->stacks_dropped, __ATOMIC_RELAXED);
    uint32_t count = table.count < silt_core.sample_capacity ? table.count : silt_core.sample_capacity;
    for (uint32_t link = count + 1; link <= table.count; link++) {
        if (node_at(link)->state != SILT_SAMPLE_NONE) note_dropped();
        node_at(link)->state = SILT_SAMPLE_NONE;
    }
    table.count = table.used = 0;
    for (uint32_t link = 1; link <= count; link++) {
        if (!silt_nodes_reserve(&table.nodes, link - 1, sizeof(struct node))) break;
        struct node *node = node_at(link);
        struct silt_sample copy;
        if (node->state == SILT_SAMPLE_NONE) continue;
        if (!copy_entry(&old[link - 1], node, &copy) || !silt_segment_publish_count(SILT_SECTION_SAMPLES, link)) {
            node->state = SILT_SAMPLE_NONE;
            note_dropped();
            continue;
        }
        *entry_at(link) = copy;
        table.count = link;
        table.used++;
    }
    rebuild();
}
