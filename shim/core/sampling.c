/// Which allocations become samples, and what is recorded of them.
///
/// Poisson sampling by bytes: the distances between samples are drawn from the exponential distribution, so that a
/// block of s bytes is a sample with probability 1 - exp(-s / mean) whatever came before it. (The scheme of tcmalloc's
/// and jemalloc's heap profilers; docs/sampling.md of the one, doc_internal/PROFILING_INTERNALS.md of the other.)
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch.h"
#include "book.h"
#include "history.h"
#include "samples.h"
#include "stacks.h"
#include "state.h"

/// A distance that no program comes to the end of.
#define NEVER (INT64_C(1) << 61)

static uint64_t random_state;

/// SplitMix64: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014.
uint64_t silt_random(void) {
    uint64_t value = __atomic_add_fetch(&random_state, UINT64_C(0x9E3779B97F4A7C15), __ATOMIC_RELAXED);
    value = (value ^ value >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ value >> 27) * UINT64_C(0x94D049BB133111EB);
    return value ^ value >> 31;
}

void silt_sampling_seed(uint64_t seed) { random_state = seed; }

/// The natural logarithm of a fraction in (0, 1], to 1e-9: the library needs libc only, not libm. Of the binary
/// exponent e and the mantissa m in [sqrt(1/2), sqrt(2)): ln = e ln 2 + 2 artanh((m - 1) / (m + 1)).
static double logarithm(double fraction) {
    union {
        double value;
        uint64_t bits;
    } m = {.value = fraction};
    int e = (int)(m.bits >> 52) - 1023;
    m.bits = (m.bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1023) << 52;
    if (m.value > 1.4142135623730951) {
        m.value /= 2;
        e++;
    }
    double t = (m.value - 1) / (m.value + 1), power = t, sum = 0;
    for (int odd = 1; odd <= 13; odd += 2, power *= t * t) sum += power / odd;
    return e * 0.69314718055994531 + 2 * sum;
}

/// Bytes until the next sample. Rounded down: a block of s bytes is reached where the distance is less than s.
static int64_t next_distance(void) {
    if (silt_core.sample_mean == 0) return SILT_HISTORY_BYTES;
    if (silt_core.sample_mean == 1) return 0;
    double fraction = (double)((silt_random() >> 11) + 1) / (double)(UINT64_C(1) << 53);
    double distance = -logarithm(fraction) * (double)silt_core.sample_mean;
    return distance < (double)NEVER ? (int64_t)distance : NEVER;
}

void silt_sampling_restart(struct silt_slot *totals) {
    int64_t distance = next_distance(), seen = __atomic_load_n(&totals->countdown, __ATOMIC_RELAXED);
    if (totals == &silt_core.slots[0]) {
        // Of two threads that come at once each draws a distance, and the last one's counts: not the sum of both.
        while (!__atomic_compare_exchange_n(&totals->countdown, &seen, distance, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
        __atomic_fetch_add(&totals->credited, distance - seen, __ATOMIC_RELAXED);
    } else {
        silt_add64(&totals->countdown, distance - seen);
        silt_add64(&totals->credited, distance - seen);
    }
}

static uint32_t tag_of(const struct silt_thread *thread) {
    uint32_t depth = thread->tag_depth < SILT_TAG_DEPTH ? thread->tag_depth : SILT_TAG_DEPTH;
    return depth ? thread->tags[depth - 1] : 0;
}

static void record(struct silt_thread *thread, uintptr_t start, size_t bytes, size_t request, const uint64_t *frame,
                   uint64_t now) {
    struct silt_sampled sampled = {.request = request, .now = now};
    if (thread) {
        sampled.thread = thread->number;
        sampled.tag = tag_of(thread);
        sampled.stack = silt_stack_take(thread, frame);
    }
    if (sampled.stack == 0) __atomic_fetch_add(&silt_core.header->stacks_dropped, 1, __ATOMIC_RELAXED);
    silt_samples_add(start, bytes, &sampled);
}

void silt_sample_new(uintptr_t start, size_t bytes, size_t request, const uint64_t *frame) {
    int saved = errno;
    if (silt_core_enter()) {
        struct silt_thread *thread = silt_slot_current();
        silt_sampling_restart(thread ? thread->totals : &silt_core.slots[0]);
        // Also where it comes out of the unwinder, or out of a signal handler that interrupted it: then without a
        // stack.
        uint64_t now = silt_clock();
        if (silt_core.sample_mean) record(thread, start, bytes, request, frame, now);
        silt_history_note(now);
    }
    errno = saved;
}
