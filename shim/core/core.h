/// The core: the books of one process. The interposers in ../preload only forward to it; the tests drive it in process.
///
/// Everything that the core *decides* with (pointers, indices, keys, the tree of ranges) is private memory. The segment
/// holds counters and published copies: whoever overwrites that file can make the books wrong, and nothing else.
#ifndef SILT_CORE_H
#define SILT_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../include/silt_segment.h"

#define SILT_MAX_SLOTS 512u
#define SILT_MAX_LEAVES 131072u
#define SILT_MAX_RANGES 65536u
#define SILT_MAX_THREADS 4096u
#define SILT_MAX_HEAPS 16384u
#define SILT_MAX_MODULES 4096u
#define SILT_MAX_TAGS 4096u
/// Leaves that a thread finds with one probe: 2048 x 8 MiB = 16 GiB of heap without a collision.
#define SILT_WAYS 2048u
/// Heads of the chains of all leaves of one slot.
#define SILT_CHAINS 256u

/// Tags that a thread can have pushed at once; deeper ones leave the innermost kept one in force.
#define SILT_TAG_DEPTH 14u

/// What a thread needs to book. Lives in memory that a forked child sees as zeros (MADV_WIPEONFORK), where no way
/// matches: so every copy of this process, also one made by a raw clone, enters the slow path at its first operation.
struct silt_thread {
    struct silt_slot *totals;
    uint32_t index; ///< of the slot; 0 only in silt_nobody and silt_departed
    uint32_t busy;  ///< the slow path is changing this struct: a signal handler on this thread books shared
    uint32_t number;    ///< of the thread, as the kernel knows it
    uint32_t counted;   ///< among the threads with a table of the unwinder's: silt_thread_counts
    uint32_t tag_depth; ///< may exceed SILT_TAG_DEPTH: those beyond are not kept
    uint32_t tags[SILT_TAG_DEPTH]; ///< 1 + index, the innermost last
    uint32_t chain[SILT_CHAINS];
    // A probe's answer: key and counters stand at the same index of two arrays, which one addressing mode reaches.
    uint64_t keys[SILT_WAYS];      ///< of the leaf that this way holds; 0: none
    uint16_t *counters[SILT_WAYS]; ///< of that leaf, moved down so that silt_granule() is the index
} __attribute__((aligned(64)));

/// A thread that has no slot yet, and one that has returned its slot: all zeros, so that the fast path needs no check.
extern struct silt_thread silt_nobody;
extern struct silt_thread silt_departed;
/// A thread that is taking a stack: what it allocates or maps meanwhile is the unwinder's.
extern struct silt_thread silt_observing;
/// Initial-exec: one pointer of static TLS, which a preloaded library always gets (jemalloc#937 shows what more costs).
#define SILT_TLS __attribute__((tls_model("initial-exec"), visibility("hidden")))
extern __thread struct silt_thread *silt_current SILT_TLS;

struct silt_config {
    const char *directory;   ///< for the segment
    const char *allocator;   ///< as the report shows it
    bool other_allocator;    ///< not glibc's
    bool threshold_fixed;    ///< settings stopped glibc from moving its thresholds
    uint64_t mmap_threshold; ///< bytes
    uint64_t trim_threshold; ///< bytes
    const char *run;         ///< directory of a `silt run` that waits for last readings, or NULL
    uint64_t run_floor;      ///< bytes of peak RSS from which this process waits for its last reading
    uint64_t sample_mean;    ///< bytes between samples in the mean; 1: every allocation, 0: none
    uint64_t sample_seed;    ///< of the distances between samples; 0: another one each time
};

/// Makes the segment and starts the books. Once a process; on failure the books stay closed and nothing else happens.
/// Keeps errno.
void silt_core_start(const struct silt_config *config);
/// Whether the books are kept.
bool silt_core_is_on(void);
/// Gives the books up: `reason` is a bit of enum silt_degraded.
void silt_core_stop(uint32_t reason);
void silt_core_degrade(uint32_t reason);
/// The program's malloc is another one, of the module of this name: no call of it comes by here.
void silt_core_bypassed(const char *allocator);
/// The program is about to put a seccomp filter over itself (`confined`), or could not after all. From then on the core
/// makes no system call: the books go on in storage that is populated here, and are given up where that ends; a forked
/// child has none; the file stays for the next sweep.
void silt_core_confine(bool confined);
bool silt_core_is_confined(void);

/// The program is about to limit its addresses to `bytes` (RLIMIT_AS): unused ones of the books must not count.
void silt_core_make_room(uint64_t bytes);

/// Brackets what the unwinder does: what it allocates and maps is ours. Returns what silt_core_observed takes back.
static inline struct silt_thread *silt_core_observe(void) {
    struct silt_thread *thread = silt_current;
    silt_current = &silt_observing;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    return thread;
}

static inline void silt_core_observed(struct silt_thread *thread) {
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    silt_current = thread;
}

enum silt_book_flags {
    SILT_BOOK_FREE = 1,  ///< the bytes are no longer live
    SILT_BOOK_BLOCK = 2, ///< a block with a mapping of its own: a range, not granules
    SILT_BOOK_ARENA = 4, ///< the block belongs to a secondary arena
};

/// Books a block that the fast path of book.h could not: another leaf, more than one granule, a thread's first one.
/// True: the block is a sample, call silt_sample_new.
bool silt_book_slow(uintptr_t start, size_t bytes, unsigned flags);
/// Books the end of a block of less than a granule that book.h turned away as SILT_WATCHED.
void silt_book_watched(uintptr_t start, size_t bytes);
/// Records a block that was just booked as a sample, with the stack that leads here. `request` is what the program
/// asked for; `frame` is the frame of a function that waits for this one, NULL where there is none (memo.h).
void silt_sample_new(uintptr_t start, size_t bytes, size_t request, const uint64_t *frame);

/// How stacks are taken, of `thread`, which calls: fills `frames` with return addresses, innermost first, and returns
/// how many, at most `most`.
typedef unsigned (*silt_unwinder)(struct silt_thread *thread, void **frames, unsigned most);
/// Announces it; `how` is of enum silt_unwinder. Before that, and with NULL, samples have no stacks.
void silt_core_set_unwinder(silt_unwinder unwinder, uint32_t how);
/// Whether a thread is one of the first `most` that asked, among those that live.
bool silt_thread_counts(struct silt_thread *thread, uint32_t most);
/// Sets what is called for the unwinder at each thread's first allocation.
void silt_core_set_thread_preparation(void (*prepare)(void));
/// The modules that are loaded now are those of the program's start, which stay.
void silt_modules_start(void);
/// Whether an address is of such a module. Elsewhere the same address can be another module's code tomorrow.
bool silt_module_lasts(uintptr_t address);

/// A block of its own mapping was freed by the code at `caller`: glibc moves its thresholds (malloc.c: __libc_free).
void silt_note_threshold(size_t chunk_bytes, uintptr_t caller);
/// The program called mallopt, and it took effect.
void silt_note_setting(int parameter, int value);
/// The program calls malloc_trim.
void silt_note_trim(void);

/// The program mapped anonymous private memory. Call after the system call.
void silt_mapping_add(uintptr_t start, size_t bytes, uintptr_t caller);
/// The program unmaps or replaces memory. Call before the system call. Returns the bytes of mappings forgotten.
size_t silt_mapping_remove(uintptr_t start, size_t bytes);

/// This thread works for `tag` until the matching pop.
void silt_core_tag_push(const char *tag);
void silt_core_tag_pop(void);

/// Has whoever records this process read it at this moment, under this name, and waits for that. 0: it was read; -1:
/// nobody records it. Keeps errno.
int silt_core_mark(const char *name);

/// The process is about to end or to exec: waits for its last reading where a `silt run` wants one.
void silt_core_leave(enum silt_leaving how);
/// The exec failed: the process goes on.
void silt_core_stay(void);

#endif
