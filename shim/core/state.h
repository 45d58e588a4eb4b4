/// The core's one global: private state that the files of the core share.
#ifndef SILT_STATE_H
#define SILT_STATE_H

#include <pthread.h>

#include "arch.h"
#include "core.h"
#include "lock.h"

/// One table for each 32 GiB of addresses in use; 256 of them are 8 TiB.
#define SILT_DIRECTORY_ENTRIES 4096u
#define SILT_DIRECTORY_TABLES 256u

/// What is known of 8 MiB of addresses, for all threads. Fields are written once, 0 meaning not yet.
struct silt_place {
    uint32_t shared_leaf; ///< 1 + index
    uint32_t flags;       ///< SILT_PLACE_*
};
enum { SILT_PLACE_COUNTED = 1, SILT_PLACE_HEAP = 2 };

struct silt_directory {
    struct silt_place places[SILT_DIRECTORY_ENTRIES];
};

/// The private side of a leaf.
struct silt_leaf_link {
    uint32_t key;
    uint32_t next; ///< 1 + index of the next leaf of the same slot and chain
};

/// A node of the ordered tree of ranges; the segment's entry of the same index is its published copy.
struct silt_range_node {
    uint64_t start;
    uint64_t end;
    uint64_t caller;
    uint32_t kind; ///< enum silt_range_kind
    uint32_t stack; ///< 1 + index; 0: none
    uint32_t left; ///< 1 + index; also links the free nodes
    uint32_t right;
    uint32_t priority;
};

/// The private memory, one reservation. The first two members are wiped in a forked child.
struct silt_private {
    struct {
        uint64_t value; ///< 1 in the process that made it, 0 in any copy of that process
        char page[4096 - sizeof(uint64_t)];
    } alive;
    struct silt_thread threads[SILT_MAX_SLOTS] __attribute__((aligned(4096)));
    struct silt_leaf_link leaves[SILT_MAX_LEAVES] __attribute__((aligned(4096)));
    struct silt_range_node ranges[SILT_MAX_RANGES];
    uint64_t thread_pointers[SILT_MAX_THREADS];
    uint64_t heaps[SILT_MAX_HEAPS];
    struct silt_directory directories[SILT_DIRECTORY_TABLES] __attribute__((aligned(4096)));
};

struct silt_core {
    uint32_t on;
    uint32_t closing; ///< the books are being given up: the fast path must find nothing more
    uint32_t pid;
    struct silt_segment_header *header; ///< NULL without a segment
    struct silt_slot *slots;
    struct silt_leaf *leaves;
    uint8_t *counters; ///< leaf after leaf
    struct silt_range *ranges;
    uint64_t *thread_pointers;
    uint64_t *heaps;
    struct silt_stack *stacks;
    struct silt_sample *samples;
    uint64_t *frames;
    struct silt_module *modules;
    struct silt_tag *tags;
    char *text;
    struct silt_code *codes;
    struct silt_site *sites;
    struct silt_moment *history;
    uint64_t file_bytes;
    uint64_t offset[SILT_SECTION_CAPACITY];    ///< of each section, in bytes from the header
    uint64_t room[SILT_SECTION_CAPACITY];      ///< bytes of each section
    uint64_t populated[SILT_SECTION_CAPACITY]; ///< bytes of each section that are safe to touch
    struct silt_private *memory;

    uint32_t slot_in_use[SILT_MAX_SLOTS];
    uint32_t slot_count;
    uint32_t leaf_count;
    uint32_t leaf_capacity;
    uint32_t private_leaves; ///< leaves that belong to a slot
    uint32_t places_counted; ///< distinct 8 MiB places that any heap block was seen in
    uint32_t thread_count;
    uint32_t heap_count;
    uint32_t directory_count;
    uint16_t directory_of[SILT_DIRECTORY_ENTRIES]; ///< by key / 4096: 1 + index of its table

    struct silt_lock ranges_lock;
    uint32_t range_root;
    uint32_t range_free;
    uint32_t range_count;
    uint32_t range_seed;

    uint64_t sample_mean; ///< bytes between samples in the mean
    silt_unwinder unwinder;
    uint32_t unwinder_state; ///< enum silt_unwinder
    uint32_t counted_threads; ///< with a table of the unwinder's
    uint32_t captures; ///< threads that are inside the unwinder, whose locks a fork must not leave behind
    void (*prepare_thread)(void); ///< for the unwinder, at a thread's first allocation; NULL: nothing is to be done
    uint32_t sample_capacity, stack_capacity, module_capacity, tag_capacity, code_capacity, site_capacity;
    uint64_t frame_capacity, text_capacity;
    uint32_t module_count, tag_count;
    uint64_t text_used;

    uint32_t confined;    ///< a seccomp filter is in force: no system call may be made
    uint32_t hold;        ///< a fork is copying the books: others wait at the edge of their next operation
    uintptr_t hold_owner; ///< thread pointer of the forking thread
    uint32_t hold_broken; ///< somebody waited too long and went on
    pthread_key_t key;
    char directory[256];
    char run[256];
    char name[64]; ///< of the segment's file
    uint64_t run_floor;
    bool other_allocator;
    bool has_key;
};

extern struct silt_core silt_core;

static inline struct silt_leaf_link *silt_leaf_link(uint32_t leaf) { return &silt_core.memory->leaves[leaf]; }
static inline uint16_t *silt_leaf_counters(uint32_t leaf) {
    return (uint16_t *)(silt_core.counters + (uint64_t)leaf * SILT_LEAF_BYTES);
}

// book.c
/// The same as silt_core_enter, where something is to be done first.
bool silt_core_enter_slowly(void);
/// Whether this operation may be booked now. Comes first in every way into the core but the fast path, which cannot hit
/// where this would matter: the child of a raw clone still has its parent's segment mapped.
static inline bool silt_core_enter(void) {
    if (!__atomic_load_n(&silt_core.on, __ATOMIC_ACQUIRE)) return false;
    bool same = __atomic_load_n(&silt_core.memory->alive.value, __ATOMIC_RELAXED) != 0;
    if (SILT_LIKELY(same && !__atomic_load_n(&silt_core.hold, __ATOMIC_SEQ_CST))) return true;
    return silt_core_enter_slowly();
}

// segment.c
/// Makes and maps the file and points `silt_core` at its sections. False: refused, nothing is left behind.
bool silt_segment_create(uint32_t forked_from);
/// Makes the first `count` entries of a section safe to touch. False: the storage is full.
bool silt_segment_reserve(enum silt_section_kind kind, uint64_t count);
/// Reserves, then publishes that `count` entries are in use.
bool silt_segment_publish_count(enum silt_section_kind kind, uint64_t count);
/// Gives back the addresses of counters that are not in use, before the program limits itself to `addresses` bytes.
void silt_segment_shrink(uint64_t addresses);
void silt_segment_unlink(void);
/// A segment that is mapped, and where its sections lie.
struct silt_mapped {
    uint8_t *base;
    uint64_t bytes;
    uint64_t offset[SILT_SECTION_CAPACITY];
    uint64_t room[SILT_SECTION_CAPACITY]; ///< bytes of each section that are mapped
};
struct silt_mapped silt_segment_mapped(void);
void silt_segment_unmap(const struct silt_mapped *mapped);

// start.c
/// Gives the books up because the segment cannot grow.
void silt_core_stop_full(void);

// slots.c
/// For a thread without a slot.
struct silt_thread *silt_slot_claim(void);
/// This thread's books: its slot, claimed at its first operation; NULL for a thread that has none and gets none.
static inline struct silt_thread *silt_slot_current(void) {
    struct silt_thread *thread = silt_current;
    return SILT_LIKELY(thread->index != 0) ? thread : silt_slot_claim();
}
/// Makes slot `index` this thread's.
void silt_slot_adopt(uint32_t index);
void silt_thread_note(uintptr_t thread_pointer);
void silt_slots_start(void);

// leaves.c
/// Marks the key of a way where the allocator is not glibc's. No address is so high.
#define SILT_WAY_OTHER ((uint64_t)1 << 63)
/// The counters for one key: this thread's own, or (thread NULL, or no private one to be had) the shared ones.
/// NULL: the storage is full and the books were given up.
uint16_t *silt_leaf_find(struct silt_thread *thread, uint64_t key, bool *shared);
/// A new leaf, not yet in any chain; -1 when there is none.
int64_t silt_leaf_new(uint64_t key, uint32_t slot);
void silt_leaf_chain(struct silt_thread *thread, uint32_t leaf, uint64_t key);
/// Makes the next operation of every thread but one miss, so that it comes by the slow path; NULL: of every thread.
void silt_ways_empty(const struct silt_thread *except);
/// Notes that the 64 MiB around `address` are a heap of a secondary arena.
void silt_heap_note(uintptr_t address);

// ranges.c
/// False: there was no getting it, and there is nothing to unlock.
bool silt_ranges_lock_for_fork(void);
void silt_ranges_unlock(void);
/// The bytes of all ranges of kind BLOCK.
int64_t silt_block_bytes(void);
/// Makes the tree anew out of its nodes: in a child, whose parent's other thread stood in the middle of changing it.
void silt_ranges_rebuild(void);
/// Republishes every range into a new segment.
bool silt_ranges_publish_all(void);
/// Adds a block's range; false when it was dropped.
bool silt_block_add(uintptr_t start, uintptr_t end);
/// Forgets the block that begins at `start`; returns its bytes, 0 when it is not known.
size_t silt_block_remove(uintptr_t start);

/// Notes memory that the core mapped for itself.
void silt_observer_add(uintptr_t start, size_t bytes);

// fork.c
void silt_fork_start(void);
/// Waits, for a bounded time, while another thread's fork copies the books.
void silt_fork_wait(void);
/// This is a child made by a raw clone, without any handler: it gets books of its own, marked inexact.
void silt_fork_adopt_clone(void);

#endif
