/// Slots: each thread's totals and its private leaves, taken over by the next thread when it ends.
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch.h"
#include "history.h"
#include "sites.h"
#include "stacks.h"
#include "state.h"

/// Runs among the thread's key destructors. libc and later destructors still free after it: those book shared.
static void return_slot(void *value) {
    struct silt_thread *thread = value;
    if (silt_current != thread) return; // a forked child's copy of a value that is no longer its own
    silt_current = &silt_departed;
    silt_site_thread_ended();
    if (thread->counted) __atomic_fetch_sub(&silt_core.counted_threads, 1, __ATOMIC_RELAXED);
    thread->counted = 0;
    __atomic_store_n(&silt_core.slot_in_use[thread->index], 0, __ATOMIC_RELEASE);
}

void silt_slots_start(void) {
    // Made first, the key has a place in struct pthread itself (nptl: PTHREAD_KEY_2NDLEVEL_SIZE, 32): setting it
    // allocates nothing.
    silt_core.has_key = pthread_key_create(&silt_core.key, return_slot) == 0;
}

bool silt_thread_counts(struct silt_thread *thread, uint32_t most) {
    if (thread->counted) return true;
    if (__atomic_load_n(&silt_core.counted_threads, __ATOMIC_RELAXED) >= most) return false;
    __atomic_fetch_add(&silt_core.counted_threads, 1, __ATOMIC_RELAXED);
    thread->counted = 1;
    return true;
}

void silt_thread_note(uintptr_t thread_pointer) {
    uint32_t count = __atomic_load_n(&silt_core.thread_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count && i < SILT_MAX_THREADS; i++)
        if (__atomic_load_n(&silt_core.memory->thread_pointers[i], __ATOMIC_RELAXED) == thread_pointer) return;
    uint32_t index = __atomic_fetch_add(&silt_core.thread_count, 1, __ATOMIC_ACQ_REL);
    if (index >= SILT_MAX_THREADS) {
        __atomic_store_n(&silt_core.thread_count, SILT_MAX_THREADS, __ATOMIC_RELEASE);
        silt_core_degrade(SILT_DEGRADED_THREADS_FULL);
        return;
    }
    __atomic_store_n(&silt_core.memory->thread_pointers[index], thread_pointer, __ATOMIC_RELAXED);
    if (!silt_segment_reserve(SILT_SECTION_THREADS, index + 1)) return silt_core_stop_full();
    silt_core.thread_pointers[index] = thread_pointer;
    silt_segment_publish_count(SILT_SECTION_THREADS, index + 1);
}

void silt_slot_adopt(uint32_t index) {
    struct silt_thread *thread = &silt_core.memory->threads[index];
    thread->totals = &silt_core.slots[index];
    thread->index = index;
    thread->busy = 0;
    thread->tag_depth = 0;
    thread->number = silt_core_is_confined() ? 0 : (uint32_t)syscall(SYS_gettid);
    // A slot taken over goes on counting down where its last thread stopped; a new one has no distance yet.
    if (thread->totals->credited == 0 && thread->totals->countdown == 0) silt_sampling_restart(thread->totals);
    silt_current = thread;
    if (silt_core.has_key) pthread_setspecific(silt_core.key, thread);
}

/// The lowest free slot; 0 when all are taken or the storage is full.
static uint32_t claim(void) {
    for (uint32_t index = 1; index < SILT_MAX_SLOTS; index++) {
        uint32_t free = 0;
        if (__atomic_load_n(&silt_core.slot_in_use[index], __ATOMIC_RELAXED)) continue;
        if (!__atomic_compare_exchange_n(&silt_core.slot_in_use[index], &free, 1, false, __ATOMIC_ACQUIRE,
                                         __ATOMIC_RELAXED))
            continue;
        if (!silt_segment_publish_count(SILT_SECTION_SLOTS, index + 1)) {
            silt_core_stop_full();
            return 0;
        }
        uint32_t count = __atomic_load_n(&silt_core.slot_count, __ATOMIC_RELAXED);
        while (count < index + 1 && !__atomic_compare_exchange_n(&silt_core.slot_count, &count, index + 1, false,
                                                                 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {}
        return index;
    }
    return 0;
}

struct silt_thread *silt_slot_claim(void) {
    if (silt_current != &silt_nobody) return NULL; // departed, or taking a stack
    // From here on this thread may book, also from a signal handler that interrupts the claim.
    silt_current = &silt_departed;
    silt_thread_note(silt_thread_pointer());
    uint32_t index = silt_core.has_key ? claim() : 0;
    if (index == 0) return NULL;
    silt_slot_adopt(index);
    struct silt_thread *thread = silt_current;
    silt_site_thread_began();
    if (silt_core.prepare_thread) silt_core.prepare_thread();
    silt_history_note(silt_clock());
    return thread;
}
