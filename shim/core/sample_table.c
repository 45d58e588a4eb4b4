#include "sample_table.h"

#include "samples.h"
#include "watch.h"

struct silt_sample_table silt_sample_table;

static bool reserve_node(uint32_t number) {
    return silt_nodes_reserve(&silt_sample_table.nodes, number, sizeof(struct silt_sample_node));
}

// MARK: Nodes

/// A node that was never used; 0 when there is no room for one. It is safe to touch before it is counted: whoever finds
/// no room has no number to take back, and a child that is forked meanwhile can read all that is counted.
static uint32_t next_node(void) {
    uint32_t count = __atomic_load_n(&silt_sample_table.count, __ATOMIC_RELAXED);
    do {
        if (count >= silt_core.sample_capacity || !reserve_node(count) ||
            !silt_segment_publish_count(SILT_SECTION_SAMPLES, count + 1))
            return 0;
    } while (!__atomic_compare_exchange_n(&silt_sample_table.count, &count, count + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
    return count + 1;
}

bool silt_sample_is_filling(const struct silt_stripe *stripe) {
    return stripe->used > silt_core.sample_capacity / SILT_STRIPES / 4 * 3;
}

uint32_t silt_sample_take(struct silt_stripe *stripe) {
    uint32_t link = stripe->free;
    if (SILT_LIKELY(link))
        stripe->free = silt_sample_node(link)->next;
    else
        link = next_node();
    if (link) stripe->used++;
    return link;
}

void silt_sample_give(struct silt_stripe *stripe, uint32_t link) {
    stripe->used--;
    silt_sample_node(link)->next = stripe->free;
    stripe->free = link;
}

/// Counts a node on its granule; and a point on the one before too, as a block on two granules may begin there and
/// reach it. Where every block is a sample that is not needed: each has a node of its own where it begins.
static void watch(uintptr_t address, uint32_t state) {
    silt_watch(silt_granule(address));
    if (state == SILT_SAMPLE_LEFT && !silt_samples_all()) silt_watch(silt_granule(address) - 1);
}

static void unwatch(uintptr_t address, uint32_t state) {
    silt_unwatch(silt_granule(address));
    if (state == SILT_SAMPLE_LEFT && !silt_samples_all()) silt_unwatch(silt_granule(address) - 1);
}

/// Writes what a node and its entry are. The entry's place comes last: a reader believes no entry before.
static void put(uint32_t link, uintptr_t address, const struct silt_sample *entry) {
    struct silt_sample_node *node = silt_sample_node(link);
    uint32_t state = entry->place >> SILT_SAMPLE_STATE_SHIFT & 3;
    __atomic_store_n(&node->address, address, __ATOMIC_RELAXED);
    node->state = state & 3;
    node->serial++;
    struct silt_sample *shown = silt_sample_entry(link);
    shown->extent = entry->extent;
    shown->born = entry->born;
    shown->freed = entry->freed;
    shown->thread = entry->thread;
    shown->stack = SILT_SAMPLE_STACK(entry->stack, node->serial);
    __atomic_store_n(&shown->place, entry->place, __ATOMIC_RELEASE);
}

void silt_sample_enter(uint32_t link, uint64_t hash, uintptr_t address, const struct silt_sample *entry) {
    struct silt_sample_node *node = silt_sample_node(link);
    uint32_t *head = silt_sample_chain(hash);
    put(link, address, entry);
    watch(address, node->state);
    __atomic_store_n(&node->next, *head, __ATOMIC_RELAXED);
    __atomic_store_n(head, link, __ATOMIC_RELEASE); // a look-up may meet it from here on
}

void silt_sample_change(uint32_t link, uintptr_t address, const struct silt_sample *entry) {
    struct silt_sample_node *node = silt_sample_node(link);
    uintptr_t old_address = node->address;
    uint32_t old_state = node->state;
    __atomic_store_n(&silt_sample_entry(link)->place, 0, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    put(link, address, entry);
    // Most often nothing changes: the same granule, and every block is a sample.
    if (silt_samples_all() && silt_granule(old_address) == silt_granule(address)) return;
    watch(address, node->state); // before the old place is not: a free that comes in between finds at least one
    unwatch(old_address, old_state);
}

uint32_t silt_sample_unchain(uint32_t *at) {
    uint32_t link = *at;
    struct silt_sample_node *node = silt_sample_node(link);
    __atomic_store_n(&silt_sample_entry(link)->place, 0, __ATOMIC_RELEASE);
    __atomic_store_n(at, node->next, __ATOMIC_RELEASE);
    unwatch(node->address, node->state);
    node->state = SILT_SAMPLE_NONE;
    return link;
}

// MARK: Look-ups, without a lock

bool silt_sample_cell_has(uint64_t hash, uintptr_t start, uintptr_t end) {
    const struct silt_stripe *stripe = silt_sample_stripe(hash);
    uint32_t changes = __atomic_load_n(&stripe->changes, __ATOMIC_ACQUIRE);
    uint32_t link = __atomic_load_n(silt_sample_chain(hash), __ATOMIC_ACQUIRE);
    // A chain that others change can lead anywhere, also in circles.
    for (unsigned steps = 0; link; steps++) {
        const struct silt_sample_node *node = silt_sample_node(link);
        uintptr_t address = __atomic_load_n(&node->address, __ATOMIC_RELAXED);
        if ((address >= start && address < end) || steps == 1000) return true;
        link = __atomic_load_n(&node->next, __ATOMIC_ACQUIRE);
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return changes % 2 || __atomic_load_n(&stripe->changes, __ATOMIC_RELAXED) != changes;
}

// MARK: Growth

static void unlock_all(unsigned count) {
    for (unsigned i = 0; i < count; i++) silt_sample_unlock(&silt_sample_table.stripes[i]);
}

static bool lock_all(void) {
    for (unsigned i = 0; i < SILT_STRIPES; i++) {
        if (silt_sample_lock(&silt_sample_table.stripes[i])) continue;
        unlock_all(i);
        return false;
    }
    return true;
}

/// Chains every node in use anew, from the heads that are published now.
static void chain_all(void) {
    uint32_t count = __atomic_load_n(&silt_sample_table.count, __ATOMIC_ACQUIRE);
    for (uint32_t link = 1; link <= count; link++) {
        if (!reserve_node(link - 1)) return;
        struct silt_sample_node *node = silt_sample_node(link);
        if (node->state == SILT_SAMPLE_NONE) continue;
        uint32_t *head = silt_sample_chain(silt_sample_hash(node->address));
        __atomic_store_n(&node->next, *head, __ATOMIC_RELAXED);
        __atomic_store_n(head, link, __ATOMIC_RELEASE);
    }
}

static bool is_crowded(void) {
    return __atomic_load_n(&silt_sample_table.count, __ATOMIC_RELAXED) > silt_index_heads(&silt_sample_table.index)->mask;
}

void silt_sample_table_grow(void) {
    if (SILT_LIKELY(!is_crowded()) || !lock_all()) return;
    // Another thread may have been quicker.
    struct silt_heads *heads = is_crowded() ? silt_index_grown(&silt_sample_table.index) : NULL;
    if (heads) {
        silt_index_publish(&silt_sample_table.index, heads);
        chain_all();
    }
    unlock_all(SILT_STRIPES);
}

// MARK: The beginning, and a forked child

static void clear_stripes(void) {
    for (unsigned i = 0; i < SILT_STRIPES; i++)
        silt_sample_table.stripes[i] = (struct silt_stripe){.random = silt_random()};
}

void silt_sample_table_start(void) {
    silt_index_clear(&silt_sample_table.index);
    clear_stripes();
}

void silt_sample_table_clear(void) {
    silt_sample_table.count = 0;
    silt_index_clear(&silt_sample_table.index);
    silt_watch_nothing();
    clear_stripes();
}

/// Puts each node into a chain or to the unused ones.
static void rebuild(void) {
    silt_watch_nothing();
    clear_stripes();
    struct silt_heads *heads = silt_index_heads(&silt_sample_table.index);
    for (uint64_t i = 0; i <= heads->mask; i++) heads->links[i] = 0;
    chain_all();
    for (uint32_t link = 1; link <= silt_sample_table.count; link++) {
        struct silt_sample_node *node = silt_sample_node(link);
        if (node->state == SILT_SAMPLE_NONE) {
            struct silt_stripe *stripe = &silt_sample_table.stripes[link % SILT_STRIPES];
            node->next = stripe->free;
            stripe->free = link;
        } else {
            watch(node->address, node->state);
            silt_sample_stripe(silt_sample_hash(node->address))->used++;
        }
    }
}

void silt_sample_table_adopt(uint32_t most, bool (*keep)(uint32_t link, struct silt_sample *entry, void *context),
                             void *context) {
    uint32_t count = silt_sample_table.count;
    silt_sample_table.count = 0;
    for (uint32_t link = 1; link <= count && reserve_node(link - 1); link++) {
        struct silt_sample_node *node = silt_sample_node(link);
        struct silt_sample entry;
        if (node->state == SILT_SAMPLE_NONE) continue;
        if (keep(link, &entry, context) && link <= most && silt_segment_publish_count(SILT_SECTION_SAMPLES, link)) {
            *silt_sample_entry(link) = entry;
            silt_sample_table.count = link;
        } else {
            node->state = SILT_SAMPLE_NONE;
            silt_samples_note_dropped();
        }
    }
    rebuild();
}
