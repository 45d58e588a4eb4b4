/// Forks: the child's books are a copy of its parent's at the moment of the fork, and its own from then on.
///
/// The handlers are registered at the process's first allocation, before anybody else's: prepare runs last, when all
/// other locks of the program are held, and the child's handler runs first. In between, other threads are held at the
/// edge of their next operation, and the copy is made anew until it adds up: until nobody stands in the middle of one.
/// For at most HOLD_MS: whoever waits may own a lock that the forking thread needs (libio's
/// list lock, a lock taken in a program's own handler), so an unbounded hold would deadlock. Then the child is inexact.
/// An exact one still lacks, of each thread that is not in it, the operation that it was in at the copy (it may have
/// ended before the fork itself) and the one at whose edge it was held: its block is in the child's heap already.
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"
#include "book.h"
#include "history.h"
#include "samples.h"
#include "sites.h"
#include "stacks.h"
#include "state.h"

#define HOLD_MS 50
/// Copies made at most. Where the books never add up the last one must do.
#define COPIES_AT_MOST 8

/// The sums of all leaves, in private memory: the parent makes it before the fork, the child fills its segment from it.
struct copy {
    uint64_t bytes; ///< of this mapping; 0: there was no memory for it
    uint64_t capacity;
    int64_t counted;     ///< sum of the counters
    int64_t block_bytes; ///< sum of the ranges of kind BLOCK
    int64_t live_bytes;
    int64_t live_blocks;
    char allocator[sizeof((struct silt_segment_header *)0)->allocator];
    uint64_t mmap_threshold, trim_threshold, threshold_caller;
    uint32_t threshold_fixed, trim_calls, degraded;
    uint32_t tag_depth, tags[SILT_TAG_DEPTH]; ///< of the forking thread
    struct entry {
        uint64_t key; ///< 0 = unused
        uint16_t counters[SILT_LEAF_COUNTERS];
    } entries[]; ///< open addressing by key
};

static struct copy *copied;

static void free_copy(void) {
    // Forgotten first: a child that another thread forks in between must not find it.
    struct copy *copy = copied;
    copied = NULL;
    if (copy) syscall(SYS_munmap, copy, copy->bytes);
}

static struct entry *entry_for(struct copy *copy, uint64_t key) {
    uint64_t at = key * UINT64_C(0x9E3779B97F4A7C15) >> 32; // Fibonacci hashing, D. Knuth, TAOCP 6.4
    while (copy->entries[at % copy->capacity].key != 0 && copy->entries[at % copy->capacity].key != key) at++;
    copy->entries[at % copy->capacity].key = key;
    return &copy->entries[at % copy->capacity];
}

static bool adds_up(const struct copy *copy) { return copy->counted + copy->block_bytes == copy->live_bytes; }

static void copy_header(struct copy *copy) {
    const struct silt_segment_header *header = silt_core.header;
    memcpy(copy->allocator, header->allocator, sizeof copy->allocator);
    copy->mmap_threshold = header->mmap_threshold;
    copy->trim_threshold = header->trim_threshold;
    copy->threshold_caller = header->threshold_caller;
    copy->threshold_fixed = header->threshold_fixed;
    copy->trim_calls = header->trim_calls;
    copy->degraded = header->degraded;
    copy->tag_depth = silt_current->tag_depth;
    memcpy(copy->tags, silt_current->tags, sizeof copy->tags);
}

/// Adds each leaf's last counter to the granule that it counts for. A block that the fast path booked and the slow one
/// unbooked leaves +n in one and -n in the other: both wrap sooner or later, only their sum is what it is.
static void fold_spills(struct copy *copy) {
    for (uint64_t i = 0; i < copy->capacity; i++) {
        if (copy->entries[i].key == 0) continue; // before anything else of it: its memory may not be there yet
        uint16_t spill = copy->entries[i].counters[SILT_LEAF_GRANULES];
        if (spill == 0) continue;
        uint16_t *next = &entry_for(copy, copy->entries[i].key + 1)->counters[0];
        *next = (uint16_t)(*next + spill);
        copy->entries[i].counters[SILT_LEAF_GRANULES] = 0;
    }
}

/// Whoever was not held in time goes on booking meanwhile: then the copy does not add up, and is made anew or marked.
static void copy_books_once(void) {
    uint32_t leaves = __atomic_load_n(&silt_core.leaf_count, __ATOMIC_ACQUIRE);
    if (leaves > silt_core.leaf_capacity) leaves = silt_core.leaf_capacity;
    uint64_t capacity = 2 * ((uint64_t)leaves + 1);
    uint64_t bytes = sizeof(struct copy) + capacity * sizeof(struct entry);
    void *memory = (void *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);
    if (memory == MAP_FAILED) return;
    struct copy *copy = memory;
    copy->bytes = bytes;
    copy->capacity = capacity;
    copy_header(copy);
    copy->block_bytes = silt_block_bytes();
    for (uint32_t slot = 0; slot < __atomic_load_n(&silt_core.slot_count, __ATOMIC_ACQUIRE); slot++) {
        copy->live_bytes += SILT_RACY(silt_core.slots[slot].credited) - SILT_RACY(silt_core.slots[slot].countdown);
        copy->live_blocks += SILT_RACY(silt_core.slots[slot].live_blocks);
    }
    for (uint32_t leaf = 0; leaf < leaves; leaf++) {
        uint64_t key = __atomic_load_n(&silt_leaf_link(leaf)->key, __ATOMIC_ACQUIRE); // 0: still being made
        if (key == 0) continue;
        struct entry *entry = entry_for(copy, key);
        const uint16_t *counters = silt_leaf_counters(leaf);
        for (uint32_t i = 0; i < SILT_LEAF_COUNTERS; i++)
            entry->counters[i] = (uint16_t)(entry->counters[i] + SILT_RACY(counters[i]));
    }
    fold_spills(copy);
    // As a reader counts: what a granule holds may be below 0 for a moment.
    for (uint64_t i = 0; i < copy->capacity; i++)
        if (copy->entries[i].key != 0)
            for (uint32_t at = 0; at < SILT_LEAF_COUNTERS; at++)
                copy->counted += (int16_t)copy->entries[i].counters[at];
    copied = copy;
}

static void copy_books(void) {
    for (int turn = 0; turn < COPIES_AT_MOST; turn++) {
        if (turn) sched_yield();
        bool locked = silt_ranges_lock_for_fork();
        free_copy();
        copy_books_once();
        if (locked) silt_ranges_unlock();
        if (!copied || adds_up(copied)) return;
    }
}

void silt_fork_wait(void) {
    if (__atomic_load_n(&silt_core.hold_owner, __ATOMIC_RELAXED) == silt_thread_pointer()) return;
    // Who has waited in vain may own what the fork needs, and may have many more operations before it gives it back.
    if (__atomic_load_n(&silt_core.hold_broken, __ATOMIC_RELAXED)) return;
    struct timespec most = {.tv_nsec = HOLD_MS * 1000000};
    // Like an allocator's own lock: no other system call than futex.
    syscall(SYS_futex, &silt_core.hold, FUTEX_WAIT_PRIVATE, 1, &most, NULL, 0);
    // Timed out, or woken by a signal.
    if (__atomic_load_n(&silt_core.hold, __ATOMIC_SEQ_CST))
        __atomic_store_n(&silt_core.hold_broken, 1, __ATOMIC_SEQ_CST);
}

/// A confined child cannot make a segment. Its parent's stays mapped, whose pid tells that it is not the child's.
static void go_without_books(void) {
    silt_core.on = 0;
    silt_current = &silt_departed;
}

/// Waits until no thread is inside the unwinder, for as long as others are held: it takes locks (libunwind's own, the
/// loader's), which nobody would give back in the child. Tried: the child's first sample waited for ever.
static void wait_for_captures(void) {
    const struct timespec pause = {.tv_nsec = 100000};
    for (int turn = 0; turn < HOLD_MS * 10; turn++) {
        if (__atomic_load_n(&silt_core.captures, __ATOMIC_SEQ_CST) == 0) return;
        nanosleep(&pause, NULL);
    }
}

/// A child that was forked in the middle of another thread's capture takes no stacks.
static void recover_unwinder(void) {
    if (silt_core.captures == 0) return;
    silt_core.captures = 0;
    silt_core.prepare_thread = NULL;
    silt_core_set_unwinder(NULL, SILT_UNWINDER_STOPPED);
}

static void prepare(void) {
    if (!silt_core_is_on() || silt_core_is_confined()) return;
    uint32_t free = 0;
    // Two threads fork at once: the second waits for the first like any other, and goes without a copy if it must.
    for (int turn = 0; turn < 2; turn++, free = 0) {
        if (__atomic_compare_exchange_n(&silt_core.hold, &free, 1, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) break;
        silt_fork_wait();
        if (turn == 1) return;
    }
    int saved = errno;
    __atomic_store_n(&silt_core.hold_owner, silt_thread_pointer(), __ATOMIC_RELAXED);
    silt_ways_empty(silt_current);
    wait_for_captures();
    // The ranges are not locked over the fork itself, which takes long where the process is large: others would give
    // their changes up. The child has the tree as it was at the fork, which is what it maps.
    copy_books();
    errno = saved;
}

static void release_others(void) {
    // Cleared here and not when a hold begins: by then somebody may have seen it set and have gone on.
    __atomic_store_n(&silt_core.hold_broken, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&silt_core.hold_owner, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&silt_core.hold, 0, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &silt_core.hold, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

static void after_in_parent(void) {
    if (__atomic_load_n(&silt_core.hold_owner, __ATOMIC_RELAXED) != silt_thread_pointer()) return;
    free_copy();
    release_others();
}

/// Makes the ranges usable. False: they may be wrong, a thread that is not in this process was changing them.
static bool recover_ranges(void) {
    // Held by this very thread: a signal handler forked in the middle of a change, which goes on when it returns.
    if (silt_core.ranges_lock.holder == 0 || silt_core.ranges_lock.holder == silt_thread_pointer()) return true;
    silt_ranges_rebuild();
    silt_core.ranges_lock = (struct silt_lock){0};
    return false;
}

/// Forgets what belonged to the parent's threads and leaves; private tables that hold for the child too are kept.
static void forget_parent(void) {
    silt_core.header = NULL;
    memset(silt_core.slot_in_use, 0, sizeof silt_core.slot_in_use);
    memset(silt_core.directory_of, 0, sizeof silt_core.directory_of);
    syscall(SYS_madvise, silt_core.memory->directories, sizeof silt_core.memory->directories, MADV_DONTNEED);
    // A leaf without a key is one that is still being made: no key of the parent's may stand there.
    syscall(SYS_madvise, silt_core.memory->leaves, sizeof silt_core.memory->leaves, MADV_DONTNEED);
    silt_core.directory_count = silt_core.leaf_count = silt_core.private_leaves = silt_core.places_counted = 0;
    silt_core.hold = 0;
    silt_core.closing = 0;
    silt_core.counted_threads = 0;
    silt_core.hold_broken = 0;
    silt_core.hold_owner = 0;
    silt_core.pid = (uint32_t)getpid();
    silt_core.memory->alive.value = 1;
    silt_core.on = 0;
    silt_current = &silt_departed;
}

static bool fill_from_copy(const struct copy *copy, bool exact) {
    struct silt_segment_header *header = silt_core.header;
    memcpy(header->allocator, copy->allocator, sizeof header->allocator);
    header->mmap_threshold = copy->mmap_threshold;
    header->trim_threshold = copy->trim_threshold;
    header->threshold_caller = copy->threshold_caller;
    header->threshold_fixed = copy->threshold_fixed;
    header->trim_calls = copy->trim_calls;
    header->degraded = copy->degraded | (exact ? 0 : SILT_DEGRADED_FORK_INEXACT);
    if (!silt_segment_publish_count(SILT_SECTION_SLOTS, 2)) return false;
    silt_core.slot_count = 2;
    silt_core.slot_in_use[1] = 1;
    silt_slot_adopt(1);
    silt_sampling_restart(&silt_core.slots[0]);
    silt_current->tag_depth = copy->tag_depth;
    memcpy(silt_current->tags, copy->tags, sizeof copy->tags);
    // The equation holds here from the start, whoever was in the middle of a booking.
    silt_core.slots[1].credited += copy->counted + silt_block_bytes();
    silt_core.slots[1].live_blocks = copy->live_blocks;
    for (uint64_t i = 0; i < copy->capacity; i++) {
        const struct entry *entry = &copy->entries[i];
        if (entry->key == 0) continue;
        bool shared;
        uint16_t *counters = silt_leaf_find(silt_current, entry->key, &shared);
        if (!counters) return false;
        memcpy(counters, entry->counters, sizeof entry->counters);
    }
    return true;
}

/// The stacks of the parent's threads are mapped here too, and so are the heaps of their arenas.
static bool republish_tables(void) {
    uint32_t threads = silt_core.thread_count < SILT_MAX_THREADS ? silt_core.thread_count : SILT_MAX_THREADS;
    uint32_t heaps = silt_core.heap_count < SILT_MAX_HEAPS ? silt_core.heap_count : SILT_MAX_HEAPS;
    if (!silt_segment_publish_count(SILT_SECTION_THREADS, threads)) return false;
    if (!silt_segment_publish_count(SILT_SECTION_HEAPS, heaps)) return false;
    memcpy(silt_core.thread_pointers, silt_core.memory->thread_pointers, threads * sizeof(uint64_t));
    memcpy(silt_core.heaps, silt_core.memory->heaps, heaps * sizeof(uint64_t));
    return silt_ranges_publish_all();
}

/// Takes the samples over, and what they refer to. They are read where the parent keeps them, and it goes on: what
/// changes under the copy is noticed and lost.
static void adopt_samples(const struct silt_mapped *parents) {
    silt_sampling_seed(silt_random() ^ silt_core.pid);
    silt_stacks_adopt(parents);
    silt_samples_adopt(parents);
    silt_sites_adopt(parents);
}

static void build_child(bool exact) {
    uint32_t parent = silt_core.pid;
    struct copy *copy = copied;
    struct silt_mapped parents = silt_segment_mapped();
    exact &= recover_ranges() && copy && adds_up(copy) && copy->block_bytes == silt_block_bytes();
    forget_parent();
    recover_unwinder();
    if (!copy || !silt_segment_create(parent)) {
        silt_segment_unmap(&parents);
        return free_copy();
    }
    silt_history_start(silt_clock());
    // `on` first: finding leaves gives the books up when the storage is full, and that must last.
    silt_core.on = 1;
    if (fill_from_copy(copy, exact) && republish_tables()) {
        if (silt_core.sample_mean)
            adopt_samples(&parents);
        else
            silt_samples_forget();
        if (silt_core.on) __atomic_store_n(&silt_core.header->state, SILT_STATE_ACTIVE, __ATOMIC_RELEASE);
    } else {
        silt_core_stop_full();
        silt_current = &silt_departed;
    }
    silt_segment_unmap(&parents);
    free_copy();
}

static void after_in_child(void) {
    if (!silt_core.header) return;
    if (silt_core_is_confined()) return go_without_books();
    bool exact = silt_core.hold_owner == silt_thread_pointer() && !silt_core.hold_broken;
    int saved = errno;
    build_child(exact);
    errno = saved;
}

void silt_fork_adopt_clone(void) {
    if (silt_core_is_confined()) return go_without_books();
    // Only one thread can be here: a copy of a process has one. The parent's segment is still mapped, and still moving.
    // The pid tells nothing: the first process of a namespace may make the first one of another.
    copied = NULL;
    copy_books_once();
    build_child(false);
}

void silt_fork_start(void) { pthread_atfork(prepare, after_in_parent, after_in_child); }
