/// The ranges: what the program mapped itself, and live blocks with a mapping of their own.
///
/// An ordered tree (a treap: R. Seidel, C. Aragon, "Randomized search trees", 1996) of ranges that never overlap, in
/// private memory; node i is published as entry i of the segment. One lock, never held around a system call of the
/// program: a range is forgotten *before* the kernel unmaps it and added *after* the kernel mapped it, so that two
/// threads that reuse the same addresses can't cross.
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"
#include "state.h"

/// Turns of a waiter: spinning, then sleeping a millisecond each, counted anew whenever somebody got a change done. Not
/// a time: on a busy machine the holder waits for a processor, and so do we. Yielding instead was tried: where others had
/// work for the processors, 100,000 yields went by before the holder ran again. 200 turns in all were too few as well:
/// of several threads that change all the time, one was overtaken for that long.
#define TURNS_SPINNING 200
#define TURNS_SLEEPING 2000
/// Where no system call may be made, all of them spin: some tenths of a second of processor time, which the scheduler
/// shares out between us and the holder. 100,000 turns are no longer than one turn at a processor, as the torture found.
#define TURNS_CONFINED 10000000

static struct silt_range_node *node_at(uint32_t link) { return &silt_core.memory->ranges[link - 1]; }

/// Nobody wakes: the holder pays nothing. Like an allocator's own lock: no other system call than futex.
static void sleep_while_held(uintptr_t holder) {
    const struct timespec most = {.tv_nsec = 1000000};
    syscall(SYS_futex, &silt_core.ranges_lock, FUTEX_WAIT_PRIVATE, (uint32_t)holder, &most, NULL, 0);
}

static bool try_lock(uintptr_t self, uintptr_t *holder) {
    *holder = 0;
    return __atomic_compare_exchange_n(&silt_core.ranges_lock, holder, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/// Apart from `lock`, so that who need not wait pays nothing for it.
__attribute__((noinline, cold)) static bool wait_for_lock(uintptr_t self) {
    bool confined = silt_core_is_confined();
    unsigned most = confined ? TURNS_CONFINED : TURNS_SPINNING + TURNS_SLEEPING;
    uint64_t seen = 0;
    for (unsigned turn = 0; turn < most; turn++) {
        uintptr_t holder;
        if (try_lock(self, &holder)) {
            __atomic_store_n(&silt_core.ranges_stuck, 0, __ATOMIC_RELAXED);
            return true;
        }
        if (holder == self) break;
        if (turn >= TURNS_SPINNING) {
            if (holder == __atomic_load_n(&silt_core.ranges_stuck, __ATOMIC_RELAXED)) break;
            uint64_t changes = __atomic_load_n(&silt_core.header->ranges_sequence, __ATOMIC_RELAXED);
            if (changes != seen) turn = TURNS_SPINNING;
            seen = changes;
        }
        if (confined || turn < TURNS_SPINNING)
            silt_pause();
        else
            sleep_while_held(holder);
        if (turn == most - 1) __atomic_store_n(&silt_core.ranges_stuck, holder, __ATOMIC_RELAXED);
    }
    silt_core_degrade(SILT_DEGRADED_RANGES_BUSY);
    return false;
}

/// False: the change is dropped. A signal handler interrupted the holder on this very thread; or nobody gets anything done,
/// as where a handler has interrupted the holder and waits for us. That is waited out once for a holder.
static bool lock(void) {
    uintptr_t self = silt_thread_pointer(), holder;
    return try_lock(self, &holder) || wait_for_lock(self);
}

void silt_ranges_unlock(void) { __atomic_store_n(&silt_core.ranges_lock, 0, __ATOMIC_RELEASE); }

bool silt_ranges_lock_for_fork(void) { return lock(); }

/// Brackets every change, for the reader: odd while it lasts.
static void change(void) { __atomic_fetch_add(&silt_core.header->ranges_sequence, 1, __ATOMIC_SEQ_CST); }

static void publish(uint32_t link) {
    const struct silt_range_node *node = node_at(link);
    struct silt_range *entry = &silt_core.ranges[link - 1];
    __atomic_store_n(&entry->kind, SILT_RANGE_NONE, __ATOMIC_RELEASE);
    entry->start = node->start;
    entry->end = node->end;
    entry->caller = node->caller;
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

static bool insert(uint64_t start, uint64_t end, uint64_t caller, uint32_t kind) {
    uint32_t link = take_node();
    if (link == 0) return false;
    *node_at(link) = (struct silt_range_node){
        .start = start, .end = end, .caller = caller, .kind = kind, .priority = next_priority()};
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

/// A block whose memory is mapped anew or unmapped was freed without our seeing it: it is gone whole, and so is its share
/// of the totals, or the equation at struct silt_slot would never hold again.
static void drop_block(const struct silt_range_node *block) {
    __atomic_fetch_sub(&silt_core.slots[0].live_bytes, (int64_t)(block->end - block->start), __ATOMIC_RELAXED);
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
        if (old.end > end) insert(end, old.end, old.caller, old.kind);
        if (old.start < start) insert(old.start, start, old.caller, old.kind);
    }
    return forgotten;
}

/// A mapping that continues one of the same caller becomes part of it: pools that grow piece by piece stay one range.
static uint64_t join_with_neighbours(uint64_t start, uint64_t *end, uint64_t caller) {
    uint32_t after = last_below(*end + 1);
    if (after && node_at(after)->start == *end && node_at(after)->kind == SILT_RANGE_MAPPING &&
        node_at(after)->caller == caller) {
        *end = node_at(after)->end;
        erase(after);
    }
    uint32_t before = last_below(start);
    if (before && node_at(before)->end == start && node_at(before)->kind == SILT_RANGE_MAPPING &&
        node_at(before)->caller == caller) {
        start = node_at(before)->start;
        erase(before);
    }
    return start;
}

static bool add(uint64_t start, uint64_t end, uint64_t caller, uint32_t kind) {
    if (!lock()) return false;
    change();
    cut(start, end);
    if (kind == SILT_RANGE_MAPPING) start = join_with_neighbours(start, &end, caller);
    bool added = insert(start, end, caller, kind);
    change();
    silt_ranges_unlock();
    return added;
}

void silt_mapping_add(uintptr_t start, size_t bytes, uintptr_t caller) {
    int saved = errno;
    if (bytes && silt_core_enter()) add(start, start + bytes, caller, SILT_RANGE_MAPPING);
    errno = saved;
}

size_t silt_mapping_remove(uintptr_t start, size_t bytes) {
    int saved = errno;
    size_t forgotten = 0;
    if (bytes && silt_core_enter() && lock()) {
        change();
        forgotten = cut(start, start + bytes);
        change();
        silt_ranges_unlock();
    }
    errno = saved;
    return forgotten;
}

bool silt_block_add(uintptr_t start, uintptr_t end) { return add(start, end, 0, SILT_RANGE_BLOCK); }

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
    silt_ranges_unlock();
    return bytes;
}
