/// The ranges: what the program mapped itself, and live blocks with a mapping of their own.
///
/// An ordered tree (a treap: R. Seidel, C. Aragon, "Randomized search trees", 1996) of ranges that never overlap, in
/// private memory; node i is published as entry i of the segment. One lock, never held around a system call of the
/// program: a range is forgotten *before* the kernel unmaps it and added *after* the kernel mapped it, so that two
/// threads that reuse the same addresses can't cross.
#include <errno.h>

#include "history.h"
#include "sites.h"
#include "stacks.h"
#include "state.h"

static struct silt_range_node *node_at(uint32_t link) { return &silt_core.memory->ranges[link - 1]; }

/// False: the change is dropped.
static bool lock(void) {
    if (silt_lock(&silt_core.ranges_lock)) return true;
    silt_core_degrade(SILT_DEGRADED_RANGES_BUSY);
    return false;
}

static void unlock(void) { silt_unlock(&silt_core.ranges_lock); }

bool silt_ranges_lock_for_fork(void) { return lock(); }

void silt_ranges_unlock(void) { unlock(); }

/// Brackets every change, for the reader: odd while it lasts.
static void change(void) { __atomic_fetch_add(&silt_core.header->ranges_sequence, 1, __ATOMIC_SEQ_CST); }

static void publish(uint32_t link) {
    const struct silt_range_node *node = node_at(link);
    struct silt_range *entry = &silt_core.ranges[link - 1];
    __atomic_store_n(&entry->kind, SILT_RANGE_NONE, __ATOMIC_RELEASE);
    entry->start = node->start;
    entry->end = node->end;
    entry->caller = node->caller;
    entry->stack = node->stack;
    __atomic_store_n(&entry->kind, node->kind, __ATOMIC_RELEASE);
}

bool silt_ranges_publish_all(void) {
    if (!silt_segment_publish_count(SILT_SECTION_RANGES, silt_core.range_count)) return false;
    for (uint32_t link = 1; link <= silt_core.range_count; link++) publish(link);
    return true;
}

/// Splits a tree into the nodes that start below `start` and the others.
static void split(uint32_t tree, uint64_t start, uint32_t *below, uint32_t *others) {
    if (tree == 0) {
        *below = *others = 0;
    } else if (node_at(tree)->start < start) {
        *below = tree;
        split(node_at(tree)->right, start, &node_at(tree)->right, others);
    } else {
        *others = tree;
        split(node_at(tree)->left, start, below, &node_at(tree)->left);
    }
}

/// Joins two trees, all of whose nodes are in order.
static uint32_t join(uint32_t below, uint32_t others) {
    if (below == 0 || others == 0) return below ? below : others;
    if (node_at(below)->priority > node_at(others)->priority) {
        node_at(below)->right = join(node_at(below)->right, others);
        return below;
    }
    node_at(others)->left = join(below, node_at(others)->left);
    return others;
}

/// An unused node; 0 when there is none.
static uint32_t take_node(void) {
    uint32_t link = silt_core.range_free;
    if (link) {
        silt_core.range_free = node_at(link)->left;
        return link;
    }
    if (silt_core.range_count >= SILT_MAX_RANGES) {
        silt_core_degrade(SILT_DEGRADED_RANGES_FULL);
        return 0;
    }
    if (!silt_segment_publish_count(SILT_SECTION_RANGES, silt_core.range_count + 1)) {
        silt_core_stop_full();
        return 0;
    }
    return ++silt_core.range_count;
}

/// xorshift32: G. Marsaglia, "Xorshift RNGs", 2003.
static uint32_t next_priority(void) {
    uint32_t value = silt_core.range_seed;
    value ^= value << 13;
    value ^= value >> 17;
    value ^= value << 5;
    return silt_core.range_seed = value;
}

/// What is to be known of an address range.
struct note {
    uint64_t caller;
    uint32_t kind; ///< enum silt_range_kind
    uint32_t stack;
};

static bool insert(uint64_t start, uint64_t end, struct note note) {
    uint32_t link = take_node();
    if (link == 0) return false;
    *node_at(link) = (struct silt_range_node){
        .start = start, .end = end, .caller = note.caller, .kind = note.kind, .stack = note.stack,
        .priority = next_priority()};
    publish(link);
    uint32_t below, others;
    split(silt_core.range_root, start, &below, &others);
    silt_core.range_root = join(join(below, link), others);
    return true;
}

static void erase(uint32_t link) {
    uint32_t below, others, one;
    split(silt_core.range_root, node_at(link)->start, &below, &others);
    split(others, node_at(link)->start + 1, &one, &others);
    silt_core.range_root = join(below, others);
    node_at(link)->kind = SILT_RANGE_NONE;
    publish(link);
    node_at(link)->left = silt_core.range_free;
    silt_core.range_free = link;
}

/// The last range that starts below `address`; 0 when there is none.
static uint32_t last_below(uint64_t address) {
    uint32_t found = 0;
    for (uint32_t at = silt_core.range_root; at;) {
        if (node_at(at)->start < address) {
            found = at;
            at = node_at(at)->right;
        } else {
            at = node_at(at)->left;
        }
    }
    return found;
}

int64_t silt_block_bytes(void) {
    int64_t bytes = 0;
    for (uint32_t link = 1; link <= silt_core.range_count; link++)
        if (node_at(link)->kind == SILT_RANGE_BLOCK) bytes += (int64_t)(node_at(link)->end - node_at(link)->start);
    return bytes;
}

void silt_ranges_rebuild(void) {
    silt_core.range_root = silt_core.range_free = 0;
    for (uint32_t link = 1; link <= silt_core.range_count; link++) {
        struct silt_range_node *node = node_at(link);
        uint32_t before = last_below(node->end);
        bool fits = node->kind != SILT_RANGE_NONE && node->start < node->end &&
                    (before == 0 || node_at(before)->end <= node->start);
        uint32_t below, others;
        node->left = node->right = 0;
        if (fits) {
            split(silt_core.range_root, node->start, &below, &others);
            silt_core.range_root = join(join(below, link), others);
        } else {
            node->kind = SILT_RANGE_NONE;
            node->left = silt_core.range_free;
            silt_core.range_free = link;
        }
    }
}

/// A block whose memory is mapped anew or unmapped was freed without our seeing it: it is gone whole, and so is its
/// share of the totals, or the equation at struct silt_slot would never hold again.
static void drop_block(const struct silt_range_node *block) {
    __atomic_fetch_sub(&silt_core.slots[0].credited, (int64_t)(block->end - block->start), __ATOMIC_RELAXED);
    __atomic_fetch_sub(&silt_core.slots[0].live_blocks, 1, __ATOMIC_RELAXED);
}

/// Forgets what lies in [start, end), cutting the mappings at its edges. Returns the bytes of kind MAPPING forgotten.
static size_t cut(uint64_t start, uint64_t end) {
    size_t forgotten = 0;
    uint32_t link;
    while ((link = last_below(end)) && node_at(link)->end > start) {
        struct silt_range_node old = *node_at(link);
        erase(link);
        uint64_t low = old.start > start ? old.start : start;
        uint64_t high = old.end < end ? old.end : end;
        if (old.kind == SILT_RANGE_BLOCK) {
            drop_block(&old);
            continue;
        }
        forgotten += high - low;
        silt_site_unmapped(old.stack, high - low);
        struct note note = {.caller = old.caller, .kind = old.kind, .stack = old.stack};
        if (old.end > end) insert(end, old.end, note);
        if (old.start < start) insert(old.start, start, note);
    }
    return forgotten;
}

/// Whether a range may become one with a mapping that is described by `note`. Different stacks stay apart as long as
/// there is room for them.
static bool is_alike(const struct silt_range_node *node, struct note note) {
    return node->kind == note.kind && node->caller == note.caller &&
           (node->stack == note.stack || silt_core.range_count > SILT_MAX_RANGES / 2);
}

/// A mapping that continues one of the same caller becomes part of it: pools that grow piece by piece stay one range.
static uint64_t join_with_neighbours(uint64_t start, uint64_t *end, struct note note) {
    uint32_t after = last_below(*end + 1);
    if (after && node_at(after)->start == *end && is_alike(node_at(after), note)) {
        *end = node_at(after)->end;
        erase(after);
    }
    uint32_t before = last_below(start);
    if (before && node_at(before)->end == start && is_alike(node_at(before), note)) {
        start = node_at(before)->start;
        erase(before);
    }
    return start;
}

static bool add(uint64_t start, uint64_t end, struct note note) {
    if (!lock()) return false;
    change();
    cut(start, end);
    if (note.kind != SILT_RANGE_BLOCK) start = join_with_neighbours(start, &end, note);
    bool added = insert(start, end, note);
    change();
    unlock();
    return added;
}

void silt_mapping_add(uintptr_t start, size_t bytes, uintptr_t caller) {
    int saved = errno;
    if (bytes && silt_core_enter()) {
        struct note note = {.caller = caller, .kind = SILT_RANGE_MAPPING};
        if (silt_current == &silt_observing)
            note.kind = SILT_RANGE_OBSERVER;
        else if (silt_core.sample_mean && bytes >= SILT_STACKED_MAPPING)
            note.stack = silt_stack_take(silt_slot_current(), NULL);
        if (add(start, start + bytes, note)) silt_site_mapped(note.stack, bytes);
        if (note.kind == SILT_RANGE_MAPPING) silt_history_note(silt_clock());
    }
    errno = saved;
}

void silt_observer_add(uintptr_t start, size_t bytes) {
    uint64_t end = (start + bytes + 4095) & ~UINT64_C(4095);
    add(start, end, (struct note){.kind = SILT_RANGE_OBSERVER});
}

size_t silt_mapping_remove(uintptr_t start, size_t bytes) {
    int saved = errno;
    size_t forgotten = 0;
    if (bytes && silt_core_enter() && lock()) {
        change();
        forgotten = cut(start, start + bytes);
        change();
        unlock();
    }
    errno = saved;
    return forgotten;
}

bool silt_block_add(uintptr_t start, uintptr_t end) { return add(start, end, (struct note){.kind = SILT_RANGE_BLOCK}); }

size_t silt_block_remove(uintptr_t start) {
    if (!lock()) return 0;
    change();
    size_t bytes = 0;
    uint32_t link = last_below((uint64_t)start + 1);
    if (link && node_at(link)->start == start && node_at(link)->kind == SILT_RANGE_BLOCK) {
        bytes = node_at(link)->end - start;
        erase(link);
    }
    change();
    unlock();
    return bytes;
}
