/// A birth adds to one counter and a death to another: one locked instruction each, and their difference is what is
/// live. Once in a tick, whoever comes first also writes down what was live when each interval since the last change
/// ended.
///
/// The intervals have no end to keep them in bounds, so their length doubles whenever there would be more than fit.
#include "sites.h"

#include <string.h>

#include "arch.h"
#include "clock.h"
#include "nodes.h"
#include "state.h"

static struct {
    uint64_t since_ns;       ///< CLOCK_MONOTONIC_COARSE at the start; a child keeps its parent's
    uint32_t count;          ///< entries that may be in use
    struct silt_nodes ticks; ///< uint32_t for each entry: 1 + the tick of its last change; 0: it is not in use
} table;

static uint32_t tick_of(uint64_t now_ns) {
    return now_ns > table.since_ns ? (uint32_t)((now_ns - table.since_ns) >> SILT_TICK_SHIFT) : 0;
}

static uint32_t *last_tick(uint32_t index) { return silt_nodes_at(&table.ticks, index, sizeof(uint32_t)); }

/// A thread that was stopped for a tick in the middle of this may meet the next one's: then some levels are of the
/// other.
static void set_level(struct silt_site *site, uint64_t i, float level) {
    __atomic_store(&site->levels[i], &level, __ATOMIC_RELAXED);
}

/// Levels of intervals that became twice as long: every second one stays.
static void double_intervals(struct silt_site *site, unsigned times) {
    for (uint64_t i = 1; i < SILT_SITE_LEVELS; i++) {
        float level = 0;
        if (i << times < SILT_SITE_LEVELS) __atomic_load(&site->levels[i << times], &level, __ATOMIC_RELAXED);
        set_level(site, i, level);
    }
}

/// Writes down what was live at the end of each interval from tick `last` to `tick`: since the last change nothing was.
static void keep_levels(struct silt_site *site, uint32_t last, uint32_t tick) {
    unsigned was = silt_site_interval(last), is = silt_site_interval(tick);
    int64_t live = (int64_t)(SILT_RACY(site->born) - SILT_RACY(site->died));
    if (is > was) double_intervals(site, is - was);
    for (uint32_t i = (last >> is) + 1; i <= tick >> is; i++) set_level(site, i, (float)live);
    __atomic_store_n(&site->tick, tick, __ATOMIC_RELAXED);
}

static void raise_count(uint32_t count) {
    uint32_t seen = __atomic_load_n(&table.count, __ATOMIC_RELAXED);
    while (seen < count &&
           !__atomic_compare_exchange_n(&table.count, &seen, count, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

/// Makes an entry that was never used safe to touch. Not under the lock of the ranges: what it maps becomes one.
static bool open_entry(uint32_t index) {
    if (index >= silt_core.site_capacity || !silt_nodes_reserve(&table.ticks, index, sizeof(uint32_t))) return false;
    if (__atomic_load_n(last_tick(index), __ATOMIC_RELAXED)) return true;
    if (!silt_segment_publish_count(SILT_SECTION_SITES, (uint64_t)index + 1)) return false;
    raise_count(index + 1);
    return true;
}

/// Keeps the levels of an entry up to now. The private tick decides who writes them; a thread whose coarse clock is
/// behind writes none.
static __attribute__((noinline)) void keep_up(uint32_t index, enum silt_site_kind kind, uint32_t mark) {
    struct silt_site *site = &silt_core.sites[index];
    uint32_t *last = last_tick(index), seen = __atomic_load_n(last, __ATOMIC_RELAXED);
    if (seen >= mark || !__atomic_compare_exchange_n(last, &seen, mark, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) return;
    __atomic_store_n(&site->kind, (uint32_t)kind, __ATOMIC_RELAXED);
    keep_levels(site, seen ? seen - 1 : 0, mark - 1);
}

/// The same for an entry that may not be in use yet. False: there is no room for it.
static __attribute__((noinline)) bool open_up(uint32_t index, enum silt_site_kind kind, uint32_t mark) {
    if (!open_entry(index)) return false;
    keep_up(index, kind, mark);
    return true;
}

/// The mark of the last tick in which an entry was changed; 0: it is not in use.
static inline uint32_t mark_of(uint32_t index) {
    if (SILT_UNLIKELY(index >= silt_core.site_capacity)) return 0;
    const uint32_t *piece = __atomic_load_n(&table.ticks.pieces[index / SILT_PIECE_NODES], __ATOMIC_ACQUIRE);
    return SILT_LIKELY(piece != NULL) ? __atomic_load_n(&piece[index % SILT_PIECE_NODES], __ATOMIC_RELAXED) : 0;
}

static inline void add_born(uint32_t index, enum silt_site_kind kind, uint64_t amount, uint64_t now_ns) {
    uint32_t mark = 1 + tick_of(now_ns);
    if (SILT_UNLIKELY(mark_of(index) < mark) && !open_up(index, kind, mark)) return;
    __atomic_fetch_add(&silt_core.sites[index].born, amount, __ATOMIC_RELAXED);
}

/// What was never counted as born is not counted here either.
static inline void add_died(uint32_t index, enum silt_site_kind kind, uint64_t amount, uint64_t now_ns) {
    uint32_t mark = 1 + tick_of(now_ns), last = mark_of(index);
    if (SILT_UNLIKELY(last < mark)) {
        if (last == 0) return;
        keep_up(index, kind, mark);
    }
    __atomic_fetch_add(&silt_core.sites[index].died, amount, __ATOMIC_RELAXED);
}

/// What a sample of `bytes` stands for: bytes / p, where p = 1 - exp(-x), x = bytes / mean. A function of its size
/// alone, so that a death takes what the birth gave. With e(x) = 1 - exp(-x): e(2x) = e(x) (2 - e(x)), and for small x
/// e(x) = x - x²/2 + x³/6 - x⁴/24 + ….
static __attribute__((noinline)) uint64_t weigh(size_t bytes) {
    double x = (double)bytes / (double)silt_core.sample_mean;
    if (x > 40) return bytes; // exp(-40) is below half of the distance between 1 and the next double
    unsigned doublings = 0;
    for (; x > 0.03125; doublings++) x /= 2;
    double e = x * (1 - x / 2 * (1 - x / 3 * (1 - x / 4 * (1 - x / 5))));
    for (; doublings; doublings--) e *= 2 - e;
    return (uint64_t)((double)bytes / e);
}

static inline uint64_t weight_of(size_t bytes) { return silt_core.sample_mean <= 1 ? bytes : weigh(bytes); }

void silt_site_born(uint32_t stack, size_t bytes, uint64_t now_ns) {
    if (stack) add_born(stack, SILT_SITE_BLOCKS, weight_of(bytes), now_ns);
}

void silt_site_died(uint32_t stack, size_t bytes, uint64_t now_ns) {
    if (stack) add_died(stack, SILT_SITE_BLOCKS, weight_of(bytes), now_ns);
}

void silt_site_mapped(uint32_t stack, size_t bytes) {
    if (stack) add_born(stack, SILT_SITE_MAPPINGS, bytes, silt_clock());
}

void silt_site_unmapped(uint32_t stack, size_t bytes) {
    if (stack) add_died(stack, SILT_SITE_MAPPINGS, bytes, silt_clock());
}

void silt_site_thread_began(void) { add_born(SILT_SITE_OF_THREADS, SILT_SITE_THREADS, 1, silt_clock()); }

void silt_site_thread_ended(void) {
    // The only thread of a raw clone may end before it has books: the segment that it maps is its parent's.
    if (!silt_core_is_on() || !__atomic_load_n(&silt_core.memory->alive.value, __ATOMIC_RELAXED)) return;
    add_died(SILT_SITE_OF_THREADS, SILT_SITE_THREADS, 1, silt_clock());
}

void silt_sites_start(void) {
    table.since_ns = silt_clock();
    silt_core.header->sites_since_ns = table.since_ns;
}

void silt_sites_adopt(const struct silt_mapped *parents) {
    silt_core.header->sites_since_ns = table.since_ns;
    if (table.count > silt_core.site_capacity) table.count = silt_core.site_capacity;
    if (table.count == 0 || !silt_segment_publish_count(SILT_SECTION_SITES, table.count)) {
        table.count = 0;
        return;
    }
    const void *entries = parents->base + parents->offset[SILT_SECTION_SITES];
    memcpy(silt_core.sites, entries, table.count * sizeof(struct silt_site));
    // Of the parent's threads none is here but the one that forked.
    if (!silt_nodes_reserve(&table.ticks, SILT_SITE_OF_THREADS, sizeof(uint32_t))) return;
    silt_core.sites[SILT_SITE_OF_THREADS] = (struct silt_site){.born = 1, .kind = SILT_SITE_THREADS};
    *last_tick(SILT_SITE_OF_THREADS) = 1;
}
