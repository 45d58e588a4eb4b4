/// The start of the books, and their end before the process's.
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"
#include "history.h"
#include "samples.h"
#include "sites.h"
#include "stacks.h"
#include "state.h"
#include "text.h"

// Linux 4.14, include/uapi/asm-generic/mman-common.h.
#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

struct silt_core silt_core;
struct silt_thread silt_nobody;
struct silt_thread silt_departed;
struct silt_thread silt_observing;
__thread struct silt_thread *silt_current SILT_TLS = &silt_nobody;

static bool reserve_private_memory(void) {
    void *memory = (void *)syscall(SYS_mmap, NULL, sizeof(struct silt_private), PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);
    if (memory == MAP_FAILED) return false;
    madvise(memory, sizeof(struct silt_private), MADV_NOHUGEPAGE);
    size_t wiped = offsetof(struct silt_private, leaves);
    if (madvise(memory, wiped, MADV_WIPEONFORK) != 0) {
        syscall(SYS_munmap, memory, sizeof(struct silt_private));
        return false;
    }
    silt_core.memory = memory;
    silt_core.memory->alive.value = 1;
    return true;
}

/// Makes the private memory and the segment. False: there is no room, and nothing was taken from the process.
static bool make_room(void) {
    if (!reserve_private_memory()) return false;
    if (silt_segment_create(0)) {
        if (silt_segment_publish_count(SILT_SECTION_SLOTS, 1)) return true;
        silt_segment_unlink();
        struct silt_mapped mapped = silt_segment_mapped();
        silt_segment_unmap(&mapped);
        silt_core.header = NULL;
    }
    // Under RLIMIT_AS the program needs the addresses itself.
    syscall(SYS_munmap, silt_core.memory, sizeof(struct silt_private));
    silt_core.memory = NULL;
    return false;
}

/// A number that differs from start to start, and from process to process.
static uint64_t unforeseen(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec << 20 ^ (uint64_t)getpid() ^ (uintptr_t)&now;
}

static void begin(const struct silt_config *config) {
    struct silt_text directory = silt_text(silt_core.directory, sizeof silt_core.directory);
    silt_text_add(&directory, config->directory);
    struct silt_text run = silt_text(silt_core.run, sizeof silt_core.run);
    if (config->run) silt_text_add(&run, config->run);
    silt_core.run_floor = config->run_floor;
    silt_core.other_allocator = config->other_allocator;
    silt_core.pid = (uint32_t)getpid();
    silt_core.range_seed = 2463534242u;
    silt_core.sample_mean = config->sample_mean;
    silt_sampling_seed(config->sample_seed ? config->sample_seed : unforeseen());
    silt_samples_start();
    silt_stacks_start();
    if (!make_room()) return;
    struct silt_segment_header *header = silt_core.header;
    struct silt_text allocator = silt_text(header->allocator, sizeof header->allocator);
    silt_text_add(&allocator, config->allocator);
    header->mmap_threshold = config->mmap_threshold;
    header->trim_threshold = config->trim_threshold;
    header->threshold_fixed = config->threshold_fixed;
    if (config->other_allocator) header->degraded |= SILT_DEGRADED_OTHER_ALLOCATOR;
    silt_core.slot_count = 1;
    silt_sites_start();
    silt_history_start(silt_clock());
    silt_sampling_restart(&silt_core.slots[0]);
    silt_slots_start();
    silt_fork_start();
    __atomic_store_n(&header->state, SILT_STATE_ACTIVE, __ATOMIC_RELEASE);
    __atomic_store_n(&silt_core.on, 1, __ATOMIC_RELEASE);
    silt_slot_current();
}

void silt_core_start(const struct silt_config *config) {
    int saved = errno;
    begin(config);
    errno = saved;
}

bool silt_core_is_on(void) { return __atomic_load_n(&silt_core.on, __ATOMIC_ACQUIRE) != 0; }

void silt_core_degrade(uint32_t reason) {
    if (silt_core.header) __atomic_fetch_or(&silt_core.header->degraded, reason, __ATOMIC_RELAXED);
}

void silt_core_bypassed(const char *allocator) {
    if (!silt_core.header) return;
    struct silt_text name = silt_text(silt_core.header->allocator, sizeof silt_core.header->allocator);
    silt_text_add(&name, allocator);
    silt_core_degrade(SILT_DEGRADED_BYPASSED);
}

void silt_core_stop(uint32_t reason) {
    silt_core_degrade(reason);
    if (silt_core.header) __atomic_store_n(&silt_core.header->state, SILT_STATE_STOPPED, __ATOMIC_RELEASE);
    // The fast path does not ask whether the books are kept: what it has found it must find no more, before the slow
    // one turns anything away. A block whose end went by the one and whose successor by the other would be booked
    // twice.
    __atomic_store_n(&silt_core.closing, 1, __ATOMIC_SEQ_CST);
    if (silt_core.memory) silt_ways_empty(NULL);
    __atomic_store_n(&silt_core.on, 0, __ATOMIC_SEQ_CST);
}

void silt_core_stop_full(void) {
    silt_core_stop(silt_core_is_confined() ? SILT_DEGRADED_CONFINED : SILT_DEGRADED_STORAGE_FULL);
}

/// What a confined process may still come to need, beyond what is in use: 1 GiB of heap, and a mapping for each of
/// thousands of blocks. Slots and thread pointers are small enough to be had in full.
#define CONFINED_LEAVES 128u
#define CONFINED_RANGES 2048u
#define CONFINED_HEAPS 512u

static uint64_t at_most(uint64_t count, uint64_t capacity) { return count < capacity ? count : capacity; }

void silt_core_confine(bool confined) {
    if (confined && silt_core_is_on() && !silt_core_is_confined()) {
        uint64_t leaves = at_most(silt_core.leaf_count + CONFINED_LEAVES, silt_core.leaf_capacity);
        // Where storage is short, the books end that much earlier.
        (void)silt_segment_reserve(SILT_SECTION_SLOTS, SILT_MAX_SLOTS);
        (void)silt_segment_reserve(SILT_SECTION_THREADS, SILT_MAX_THREADS);
        silt_history_reserve();
        (void)silt_segment_reserve(SILT_SECTION_LEAVES, leaves);
        (void)silt_segment_reserve(SILT_SECTION_COUNTERS, leaves);
        (void)silt_segment_reserve(SILT_SECTION_RANGES,
                                   at_most(silt_core.range_count + CONFINED_RANGES, SILT_MAX_RANGES));
        (void)silt_segment_reserve(SILT_SECTION_HEAPS, at_most(silt_core.heap_count + CONFINED_HEAPS, SILT_MAX_HEAPS));
    }
    __atomic_store_n(&silt_core.confined, confined, __ATOMIC_RELEASE);
}

void silt_core_make_room(uint64_t bytes) {
    if (silt_core_is_on() && !silt_core_is_confined()) silt_segment_shrink(bytes);
}

bool silt_core_is_confined(void) { return __atomic_load_n(&silt_core.confined, __ATOMIC_ACQUIRE) != 0; }
