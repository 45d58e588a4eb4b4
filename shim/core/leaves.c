/// Leaves: the counters of 8 MiB of addresses, a thread's own or shared.
///
/// Private leaves are handed out while
///   private <= places + PROCESS_FLOOR + THREAD_FLOOR * slots
/// where places = distinct 8 MiB that hold heap. Shared ones are at most one a place. So the counters take at most
/// 2 x 4160 bytes for 8 MiB of heap (0.1 %), 256 KiB a process and 32 KiB a thread.
#include "arch.h"
#include "state.h"

#include "book.h"

#define PROCESS_FLOOR 64u
#define THREAD_FLOOR 8u

/// What is known of the 8 MiB with this key; NULL beyond 2^47 or where the tables are used up.
static struct silt_place *place_of(uint64_t key) {
    key -= SILT_KEY_OFFSET; // numbered as in the segment: up to 2^47 with the directory's last entry
    uint64_t high = key / SILT_DIRECTORY_ENTRIES;
    if (high >= SILT_DIRECTORY_ENTRIES) return NULL;
    uint16_t table = __atomic_load_n(&silt_core.directory_of[high], __ATOMIC_ACQUIRE);
    if (table == 0) {
        uint32_t fresh = __atomic_add_fetch(&silt_core.directory_count, 1, __ATOMIC_RELAXED);
        if (fresh > SILT_DIRECTORY_TABLES) {
            __atomic_store_n(&silt_core.directory_count, SILT_DIRECTORY_TABLES, __ATOMIC_RELAXED);
            return NULL;
        }
        // The loser of a race leaves its table unused: it is untouched memory.
        if (__atomic_compare_exchange_n(&silt_core.directory_of[high], &table, (uint16_t)fresh, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
            table = (uint16_t)fresh;
    }
    return &silt_core.memory->directories[table - 1].places[key % SILT_DIRECTORY_ENTRIES];
}

/// Whether this call is the first to set the flag. A locked instruction once, not at every operation of a thread that
/// shares: 2 of its 5.
static bool flag_first(struct silt_place *place, uint32_t flag) {
    if (__atomic_load_n(&place->flags, __ATOMIC_RELAXED) & flag) return false;
    return !(__atomic_fetch_or(&place->flags, flag, __ATOMIC_RELAXED) & flag);
}

int64_t silt_leaf_new(uint64_t key, uint32_t slot) {
    uint32_t leaf = __atomic_fetch_add(&silt_core.leaf_count, 1, __ATOMIC_RELAXED);
    if (leaf >= silt_core.leaf_capacity) {
        __atomic_store_n(&silt_core.leaf_count, silt_core.leaf_capacity, __ATOMIC_RELAXED);
        silt_core_stop(SILT_DEGRADED_LEAVES_FULL);
        return -1;
    }
    if (!silt_segment_reserve(SILT_SECTION_COUNTERS, leaf + 1) ||
        !silt_segment_reserve(SILT_SECTION_LEAVES, leaf + 1)) {
        silt_core_stop_full();
        return -1;
    }
    // Released: a fork that copies the books meanwhile reads the counters of whatever leaf has a key (fork.c).
    __atomic_store_n(&silt_leaf_link(leaf)->key, (uint32_t)key, __ATOMIC_RELEASE);
    silt_core.leaves[leaf].slot = slot;
    __atomic_store_n(&silt_core.leaves[leaf].key, (uint32_t)(key - SILT_KEY_OFFSET), __ATOMIC_RELEASE);
    silt_segment_publish_count(SILT_SECTION_LEAVES, leaf + 1);
    silt_segment_publish_count(SILT_SECTION_COUNTERS, leaf + 1);
    return leaf;
}

static uint16_t *find_shared(struct silt_place *place, uint64_t key) {
    uint32_t leaf = __atomic_load_n(&place->shared_leaf, __ATOMIC_ACQUIRE);
    if (leaf == 0) {
        int64_t fresh = silt_leaf_new(key, 0);
        if (fresh < 0) return NULL;
        // The loser of a race leaves a leaf of zeros behind.
        if (__atomic_compare_exchange_n(&place->shared_leaf, &leaf, (uint32_t)fresh + 1, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
            leaf = (uint32_t)fresh + 1;
    }
    return silt_leaf_counters(leaf - 1);
}

void silt_leaf_chain(struct silt_thread *thread, uint32_t leaf, uint64_t key) {
    uint32_t *head = &thread->chain[key % SILT_CHAINS];
    silt_leaf_link(leaf)->next = *head;
    __atomic_store_n(head, leaf + 1, __ATOMIC_RELEASE);
}

static bool private_leaf_allowed(void) {
    uint32_t allowed = __atomic_load_n(&silt_core.places_counted, __ATOMIC_RELAXED) + PROCESS_FLOOR +
                       THREAD_FLOOR * __atomic_load_n(&silt_core.slot_count, __ATOMIC_RELAXED);
    if (__atomic_fetch_add(&silt_core.private_leaves, 1, __ATOMIC_RELAXED) < allowed) return true;
    __atomic_fetch_sub(&silt_core.private_leaves, 1, __ATOMIC_RELAXED);
    return false;
}

/// The leaf of this thread's own for a key, made if the budget allows; -1 where there is none.
static int64_t find_private(struct silt_thread *thread, uint64_t key) {
    for (uint32_t leaf = thread->chain[key % SILT_CHAINS]; leaf; leaf = silt_leaf_link(leaf - 1)->next)
        if (silt_leaf_link(leaf - 1)->key == key) return leaf - 1;
    if (!private_leaf_allowed()) return -1;
    int64_t leaf = silt_leaf_new(key, thread->index);
    if (leaf >= 0) silt_leaf_chain(thread, (uint32_t)leaf, key);
    return leaf;
}

/// Lets the fast path find the counters, unless a fork holds or the books were given up: then this thread must come by
/// here again. Whoever begins either empties the ways (silt_ways_empty) after saying so. The fast path reads glibc's
/// chunk headers, so with another allocator it must never hit: the key is one that it does not look for, and book.c
/// does.
static void fill_way(struct silt_thread *thread, uint64_t key, uint16_t *counters) {
    uint64_t *way = &thread->keys[key % SILT_WAYS];
    uint64_t filled = silt_core.other_allocator ? key | SILT_WAY_OTHER : key;
    __atomic_store_n(way, 0, __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST); // a handler on this thread must not see the new pointer under the old key
    thread->counters[key % SILT_WAYS] = counters - key * SILT_LEAF_GRANULES;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    __atomic_store_n(way, filled, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&silt_core.hold, __ATOMIC_SEQ_CST) || __atomic_load_n(&silt_core.closing, __ATOMIC_SEQ_CST))
        __atomic_store_n(way, 0, __ATOMIC_RELAXED);
}

void silt_ways_empty(const struct silt_thread *except) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST); // with fill_way: it sees why, or its leaf is in the chain by now
    uint32_t slots = __atomic_load_n(&silt_core.slot_count, __ATOMIC_ACQUIRE);
    for (uint32_t slot = 1; slot < slots && slot < SILT_MAX_SLOTS; slot++) {
        struct silt_thread *thread = &silt_core.memory->threads[slot];
        if (thread == except) continue; // the others also where nobody has the slot: a new thread may be taking it
        for (uint32_t chain = 0; chain < SILT_CHAINS; chain++) {
            uint32_t leaf = __atomic_load_n(&thread->chain[chain], __ATOMIC_ACQUIRE);
            for (; leaf; leaf = silt_leaf_link(leaf - 1)->next)
                __atomic_store_n(&thread->keys[silt_leaf_link(leaf - 1)->key % SILT_WAYS], 0, __ATOMIC_RELAXED);
        }
    }
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

uint16_t *silt_leaf_find(struct silt_thread *thread, uint64_t key, bool *shared) {
    struct silt_place *place = place_of(key);
    if (!place) {
        silt_core_stop(SILT_DEGRADED_LEAVES_FULL);
        return NULL;
    }
    if (flag_first(place, SILT_PLACE_COUNTED)) __atomic_fetch_add(&silt_core.places_counted, 1, __ATOMIC_RELAXED);
    *shared = true;
    if (thread && !thread->busy) {
        thread->busy = 1;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        int64_t leaf = find_private(thread, key);
        if (leaf >= 0) fill_way(thread, key, silt_leaf_counters((uint32_t)leaf));
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        thread->busy = 0;
        *shared = leaf < 0;
        if (leaf >= 0) return silt_leaf_counters((uint32_t)leaf);
    }
    return find_shared(place, key);
}

void silt_heap_note(uintptr_t address) {
    uintptr_t base = address >> SILT_HEAP_SHIFT << SILT_HEAP_SHIFT;
    struct silt_place *place = place_of(silt_leaf_key(base));
    if (!place || !flag_first(place, SILT_PLACE_HEAP)) return;
    // A forked child starts with new places and its parent's heaps.
    for (uint32_t i = 0; i < __atomic_load_n(&silt_core.heap_count, __ATOMIC_ACQUIRE) && i < SILT_MAX_HEAPS; i++)
        if (__atomic_load_n(&silt_core.memory->heaps[i], __ATOMIC_RELAXED) == base) return;
    uint32_t index = __atomic_fetch_add(&silt_core.heap_count, 1, __ATOMIC_ACQ_REL);
    if (index >= SILT_MAX_HEAPS) {
        __atomic_store_n(&silt_core.heap_count, SILT_MAX_HEAPS, __ATOMIC_RELEASE);
        return;
    }
    __atomic_store_n(&silt_core.memory->heaps[index], base, __ATOMIC_RELAXED);
    if (!silt_segment_reserve(SILT_SECTION_HEAPS, index + 1)) return silt_core_stop_full();
    silt_core.heaps[index] = base;
    silt_segment_publish_count(SILT_SECTION_HEAPS, index + 1);
}
