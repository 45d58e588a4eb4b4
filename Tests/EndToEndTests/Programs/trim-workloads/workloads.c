#include "workloads.h"

/// xorshift64*: the same numbers on every machine and in every run.
static unsigned random_below(struct worker *worker, unsigned limit) {
    worker->seed ^= worker->seed >> 12;
    worker->seed ^= worker->seed << 25;
    worker->seed ^= worker->seed >> 27;
    return (unsigned)((worker->seed * 0x2545f4914f6cdd1dULL) >> 33) % limit;
}

static void fill(struct worker *worker, int count, size_t smallest, size_t largest) {
    worker->count = count;
    for (int i = 0; i < count; i++) {
        worker->block[i] = example_malloc(smallest + random_below(worker, (unsigned)(largest - smallest + 1)));
    }
}

static void release(struct worker *worker, int i) {
    example_free(worker->block[i]);
    worker->block[i] = NULL;
}

static void release_all(struct worker *worker) {
    for (int i = 0; i < worker->count; i++) release(worker, i);
}

static void release_percent(struct worker *worker, unsigned percent) {
    for (int i = 0; i < worker->count; i++) {
        if (random_below(worker, 100) < percent) release(worker, i);
    }
}

static void shuffle(struct worker *worker) {
    for (int i = worker->count - 1; i > 0; i--) {
        unsigned other = random_below(worker, (unsigned)i + 1);
        void *block = worker->block[i];
        worker->block[i] = worker->block[other];
        worker->block[other] = block;
    }
}

static void small_all_freed(struct worker *worker) {
    fill(worker, 256 * KiB, 64, 64);
    shuffle(worker);
    release_all(worker);
}

/// Chunks up to 128 bytes go to the fast bins once the thread cache holds seven of their size, and stay "in use" by
/// their neighbours' headers until something consolidates (glibc's malloc/malloc.c, _int_free and malloc_consolidate).
static void fast_bins(struct worker *worker) {
    fill(worker, 256 * KiB, 17, 120);
    for (int i = 0; i < worker->count; i++) {
        if (i % 512) release(worker, i);
    }
}

static void birth_order(struct worker *worker) {
    fill(worker, 40000, 1000, 1000);
    release_all(worker);
}

static void reverse_order(struct worker *worker) {
    fill(worker, 40000, 1000, 1000);
    for (int i = worker->count - 1; i >= 0; i--) release(worker, i);
}

/// Seven chunks of each of the 64 sizes that a thread cache holds remain in it, each on a page that it may hold alone.
static void mixed_sizes(struct worker *worker) {
    fill(worker, 10000, 16, 8192);
    shuffle(worker);
    release_all(worker);
}

static void mixed_sizes_half(struct worker *worker) {
    fill(worker, 10000, 16, 8192);
    release_percent(worker, 50);
}

/// Chunks of exactly a page that do not begin on one: a free chunk holds whole pages only together with a neighbour.
static void page_multiple(struct worker *worker) {
    fill(worker, 10000, 4096 - 16, 4096 - 16);
    release_percent(worker, 50);
}

static void memalign_pages(struct worker *worker) {
    worker->count = 4000;
    for (int i = 0; i < worker->count; i++) {
        void *block = NULL;
        example_require(posix_memalign(&block, 4096, 8192) == 0, "posix_memalign");
        worker->block[i] = memset(example_hold(block), 1, 8192);
    }
    release_percent(worker, 50);
}

/// 75 MiB: more than the 64 MiB of one heap of a secondary arena.
static void large_64k(struct worker *worker) {
    fill(worker, 1200, 64 * KiB, 64 * KiB);
    release_percent(worker, 70);
}

static void nothing_to_return(struct worker *worker) {
    fill(worker, 64 * KiB, 504, 504);
    size_t pinned = 0;
    for (int i = 0; i < worker->count; i++) {
        size_t page = (size_t)worker->block[i] / 4096;
        if (page == pinned) release(worker, i);
        pinned = page;  // The first block that begins on a page stays.
    }
}

static void survivors_at_top(struct worker *worker) {
    fill(worker, 40000, 1000, 1000);
    for (int i = 0; i < worker->count - 16; i++) release(worker, i);
}

static void realloc_growth(struct worker *worker) {
    worker->count = 64;
    for (size_t size = KiB; size <= 512 * KiB; size *= 2) {
        for (int i = 0; i < worker->count; i++) {
            void *old = worker->block[i] ? example_drop(worker->block[i]) : NULL;
            worker->block[i] = memset(example_hold(realloc(old, size)), 1, size);
        }
    }
    release_percent(worker, 75);
}

/// A server's steady state: blocks come and go at random, then most of them go.
static void churn(struct worker *worker) {
    fill(worker, 20000, 16, 2048);
    for (int i = 0; i < 200000; i++) {
        unsigned at = random_below(worker, (unsigned)worker->count);
        example_free(worker->block[at]);
        worker->block[at] = example_malloc(16 + random_below(worker, 2048));
    }
    release_percent(worker, 90);
}

const struct workload workloads[] = {
    {"small-all-freed", small_all_freed},
    {"fastbin-in-secondary", fast_bins},
    {"birth-order", birth_order},
    {"reverse-order", reverse_order},
    {"mixed-sizes", mixed_sizes},
    {"mixed-sizes-half", mixed_sizes_half},
    {"page-multiple", page_multiple},
    {"memalign-pages", memalign_pages},
    {"large-64k", large_64k},
    {"nothing-to-return", nothing_to_return},
    {"survivors-at-top", survivors_at_top},
    {"realloc-growth", realloc_growth},
    {"churn", churn},
    {NULL, NULL},
};
