/// Samples are found by the 256 bytes that they begin on, each under one of 64 locks. A free asks the granule's byte in
/// silt_watched first, then looks for itself without a lock, and only where there is something to change takes one: the
/// same few instructions whether the program's hottest block shares its granule with a sample or not.
///
/// Where every block is a sample there always is something to change: then a block's node becomes its point, and a
/// point the node of the block that covers it, in one visit of the cell each.
#include "samples.h"

#include "arch.h"
#include "history.h"
#include "sample_table.h"
#include "sites.h"
#include "state.h"
#include "watch.h"

/// A freed block leaves one point for each so many bytes at least, and at most MOST_POINTS.
#define POINT_BYTES ((size_t)64 << 10)
#define MOST_POINTS 1024u
/// What the format has room for.
#define MOST_UNASKED UINT16_MAX

static const uintptr_t granule_bytes = (uintptr_t)1 << SILT_GRANULE_SHIFT;
static const uintptr_t cell_bytes = (uintptr_t)1 << SILT_CELL_SHIFT;

void silt_samples_note_dropped(void) {
    __atomic_fetch_add(&silt_core.header->samples_dropped, 1, __ATOMIC_RELAXED);
}

// MARK: What a block covers

static bool is_point_on(const struct silt_sample_node *node, uintptr_t start, uintptr_t end) {
    return node->state == SILT_SAMPLE_LEFT && node->address >= start && node->address < end;
}

static bool is_block_at(const struct silt_sample_node *node, uintptr_t start) {
    return node->state == SILT_SAMPLE_LIVE && node->address == start;
}

/// Under a cell's lock: ends the points on [start, end) there.
static void end_points(struct silt_stripe *stripe, uint64_t hash, uintptr_t start, uintptr_t end) {
    uint32_t *at = silt_sample_chain(hash);
    while (*at) {
        struct silt_sample_node *node = silt_sample_node(*at);
        if (is_point_on(node, start, end))
            silt_sample_give(stripe, silt_sample_unchain(at));
        else
            at = &node->next;
    }
}

static void site_died(const struct silt_sample *entry, uint64_t now) {
    silt_site_died(entry->stack & ((1u << SILT_SAMPLE_STACK_BITS) - 1), entry->extent & SILT_SAMPLE_ADDRESS, now);
}

/// Under a cell's lock: ends whatever is known of [start, end) there, but for one node that is left in the chain, for
/// what comes next. 0: there was none.
static uint32_t end_all_but_one(struct silt_stripe *stripe, uint64_t hash, uintptr_t start, uintptr_t end,
                                uint64_t now) {
    uint32_t kept = 0;
    uint32_t *at = silt_sample_chain(hash);
    while (*at) {
        struct silt_sample_node *node = silt_sample_node(*at);
        bool is_stale = is_block_at(node, start);
        bool is_past = is_stale || is_point_on(node, start, end);
        if (is_stale) site_died(silt_sample_entry(*at), now);
        if (is_past && kept) {
            silt_sample_give(stripe, silt_sample_unchain(at));
        } else {
            if (is_past) kept = *at;
            at = &node->next;
        }
    }
    return kept;
}

/// Under a cell's lock: the link to the live block that begins at `start`; NULL: it is no sample.
static uint32_t *find_block(uint64_t hash, uintptr_t start) {
    uint32_t *at = silt_sample_chain(hash);
    while (*at && !is_block_at(silt_sample_node(*at), start)) at = &silt_sample_node(*at)->next;
    return *at ? at : NULL;
}

/// Ends the points that a block covers in all cells but the one that it begins in.
static void clear_behind(uintptr_t start, uintptr_t end) {
    uint64_t first = silt_granule(start), past = silt_granule(end - 1) + 1;
    uintptr_t second = (start / cell_bytes + 1) * cell_bytes;
    if (second >= end) return;
    for (uint64_t at = silt_next_watched(first, past); at < past; at = silt_next_watched(at + 1, past)) {
        uintptr_t low = at == first ? second : (start / granule_bytes + (at - first)) * granule_bytes;
        uintptr_t high = (low / granule_bytes + 1) * granule_bytes;
        if (at == first && second % granule_bytes == 0) continue;
        for (uintptr_t place = low; place < (high < end ? high : end); place += cell_bytes) {
            uint64_t hash = silt_sample_hash(place);
            struct silt_stripe *stripe = silt_sample_stripe(hash);
            if (!silt_sample_cell_has(hash, start, end) || !silt_sample_lock(stripe)) continue;
            end_points(stripe, hash, start, end);
            silt_sample_unlock(stripe);
        }
    }
}

// MARK: A block begins

void silt_samples_add(uintptr_t start, size_t bytes, const struct silt_sampled *sampled) {
    uintptr_t end = start + bytes;
    size_t unasked = bytes > sampled->request ? bytes - sampled->request : 0;
    const struct silt_sample entry = {
        .place = SILT_SAMPLE_PLACE(start, sampled->tag, SILT_SAMPLE_LIVE),
        .extent = SILT_SAMPLE_EXTENT(bytes, unasked < MOST_UNASKED ? unasked : MOST_UNASKED),
        .born = SILT_SAMPLE_TIME(sampled->now),
        .thread = sampled->thread,
        .stack = sampled->stack};
    // What is still known of the place is past: points, and a block whose end was not seen.
    clear_behind(start, end);
    uint64_t hash = silt_sample_hash(start);
    struct silt_stripe *stripe = silt_sample_stripe(hash);
    if (!silt_sample_lock(stripe)) return silt_samples_note_dropped();
    uint32_t link = end_all_but_one(stripe, hash, start, end, sampled->now);
    if (link)
        silt_sample_change(link, start, &entry);
    else if ((link = silt_sample_take(stripe)))
        silt_sample_enter(link, hash, start, &entry);
    silt_sample_unlock(stripe);
    if (link)
        silt_site_born(sampled->stack, bytes, sampled->now);
    else
        silt_samples_note_dropped();
    silt_sample_table_grow();
}

// MARK: A block ends

/// How many points a block leaves.
static size_t points_of(size_t bytes) {
    size_t part = silt_core.sample_mean > POINT_BYTES ? silt_core.sample_mean : POINT_BYTES;
    size_t points = (bytes + part / 2) / part;
    return points < 1 ? 1 : points > MOST_POINTS ? MOST_POINTS : points;
}

/// Makes an entry that of a point.
static void make_point(struct silt_sample *entry, uintptr_t place) {
    uint64_t tag = entry->place >> SILT_SAMPLE_TAG_SHIFT & ((1u << SILT_SAMPLE_TAG_BITS) - 1);
    entry->place = SILT_SAMPLE_PLACE(place, tag, SILT_SAMPLE_LEFT);
}

static bool leave_point(uintptr_t place, struct silt_sample *entry) {
    uint64_t hash = silt_sample_hash(place);
    struct silt_stripe *stripe = silt_sample_stripe(hash);
    if (!silt_sample_lock(stripe)) return false;
    uint32_t link = silt_sample_is_filling(stripe) ? 0 : silt_sample_take(stripe);
    make_point(entry, place);
    if (link) silt_sample_enter(link, hash, place, entry);
    silt_sample_unlock(stripe);
    return link != 0;
}

/// One point in each of `points` equal parts of the block, evenly drawn.
static void leave_points(uintptr_t start, size_t bytes, size_t points, struct silt_sample *entry) {
    size_t share = bytes / points;
    for (size_t i = 0; i < points; i++)
        if (!leave_point(start + i * share + silt_random() % share, entry)) return silt_samples_note_dropped();
}

/// The block's entry as its points have it.
static struct silt_sample ended(struct silt_sample entry, size_t bytes, size_t points, uint64_t now) {
    entry.extent = SILT_SAMPLE_EXTENT(bytes, points);
    entry.freed = SILT_SAMPLE_TIME(now);
    entry.stack &= (1u << SILT_SAMPLE_STACK_BITS) - 1; // the serial is the node's matter
    return entry;
}

/// Multiplied and not divided: the upper half of the product is even, and has no bias that would show.
static size_t random_below(struct silt_stripe *stripe, size_t limit) {
    return (size_t)((__uint128_t)silt_sample_random(stripe) * limit >> 64);
}

/// Whether there may be something to change in the cell that the block begins in.
static bool may_be_known(uintptr_t start, uintptr_t end, uint64_t hash) {
    return silt_is_watched(silt_granule(start)) && (silt_samples_all() || silt_sample_cell_has(hash, start, end));
}

/// The cell that a block begins in, when it ends. A block of one point that falls into the same cell is done with here.
/// Returns how many points are still to be left, of the entry in `entry`.
static size_t end_in_cell(uintptr_t start, size_t bytes, bool unmapped, struct silt_sample *entry) {
    uint64_t hash = silt_sample_hash(start);
    struct silt_stripe *stripe = silt_sample_stripe(hash);
    if (!may_be_known(start, start + bytes, hash) || !silt_sample_lock(stripe)) return 0;
    size_t points = 0;
    if (!silt_samples_all()) end_points(stripe, hash, start, start + bytes);
    uint32_t *at = find_block(hash, start);
    struct silt_sample block;
    uint64_t now = at ? silt_clock() : 0;
    if (at) {
        points = unmapped || !silt_core_is_on() ? 0 : points_of(bytes);
        block = *silt_sample_entry(*at);
        *entry = ended(block, bytes, points, now);
        uintptr_t place = start + random_below(stripe, bytes);
        if (points == 1 && silt_sample_hash(place) == hash && !silt_sample_is_filling(stripe)) {
            make_point(entry, place);
            silt_sample_change(*at, place, entry);
            points = 0;
        } else {
            silt_sample_give(stripe, silt_sample_unchain(at));
        }
    }
    silt_sample_unlock(stripe);
    if (at) {
        site_died(&block, now);
        silt_history_note(now);
    }
    return points;
}

/// Whether anything is known on the block's granules, and the books are this process's: a child without books of its
/// own, or one that has not made them yet, still knows its parent's samples, whose entries are the parent's or mapped
/// no more.
static bool is_concerned(uintptr_t start, uintptr_t end) {
    uint64_t first = silt_granule(start), past = silt_granule(end - 1) + 1;
    if (silt_core.sample_mean == 0) return false;
    return (silt_is_watched(first) || silt_next_watched(first, past) < past) && silt_core_enter();
}

void silt_samples_end(uintptr_t start, size_t bytes, bool unmapped) {
    if (SILT_LIKELY(!is_concerned(start, start + bytes))) return;
    struct silt_sample entry;
    // With every block known, what this one covered ended when it began.
    if (!silt_samples_all()) clear_behind(start, start + bytes);
    size_t points = end_in_cell(start, bytes, unmapped, &entry);
    if (points) leave_points(start, bytes, points, &entry);
}

// MARK: The beginning, and a forked child

void silt_samples_start(void) { silt_sample_table_start(); }

void silt_samples_forget(void) { silt_sample_table_clear(); }

/// Copies an entry of the parent's, which goes on meanwhile. False: it is no longer, or was not yet, what the node was
/// at the fork.
static bool copy_entry(uint32_t link, struct silt_sample *entry, void *parents) {
    const struct silt_sample *theirs = (const struct silt_sample *)parents + (link - 1);
    const struct silt_sample_node *node = silt_sample_node(link);
    uint64_t place = __atomic_load_n(&theirs->place, __ATOMIC_ACQUIRE);
    *entry = *theirs;
    entry->place = place;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    bool is_it = (place & SILT_SAMPLE_ADDRESS) == node->address && place >> SILT_SAMPLE_STATE_SHIFT == node->state &&
                 entry->stack >> SILT_SAMPLE_STACK_BITS == (node->serial & (UINT32_MAX >> SILT_SAMPLE_STACK_BITS));
    return is_it && __atomic_load_n(&theirs->place, __ATOMIC_RELAXED) == place &&
           __atomic_load_n(&theirs->stack, __ATOMIC_RELAXED) == entry->stack;
}

void silt_samples_adopt(const struct silt_mapped *parents) {
    // What the parent has not, the child has not either.
    const struct silt_segment_header *header = (const void *)parents->base;
    silt_core.header->samples_dropped = __atomic_load_n(&header->samples_dropped, __ATOMIC_RELAXED);
    silt_core.header->stacks_dropped = __atomic_load_n(&header->stacks_dropped, __ATOMIC_RELAXED);
    silt_sample_table_adopt(silt_core.sample_capacity, copy_entry, parents->base + parents->offset[SILT_SECTION_SAMPLES]);
}
