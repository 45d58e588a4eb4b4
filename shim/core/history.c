#include "history.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "state.h"

#define SECOND UINT64_C(1000000000)
/// Whoever has had the lease for so long is gone: a signal handler left by longjmp, or a process that shares this
/// memory was killed. Should it come back after all, two write at once, which a reader notices.
#define LEASE (10 * SECOND)

static const struct {
    uint64_t period;
    uint32_t first; ///< entry
    uint32_t entries;
} rings[] = {
    {SECOND, 0, SILT_HISTORY_SECONDS},
    {60 * SECOND, SILT_HISTORY_SECONDS, SILT_HISTORY_MINUTES},
    {3600 * SECOND, SILT_HISTORY_SECONDS + SILT_HISTORY_MINUTES, SILT_HISTORY_HOURS},
};
#define RINGS (sizeof rings / sizeof rings[0])

/// Set by silt_history_start: before it nothing is due.
uint64_t silt_history_due = UINT64_MAX;

static struct {
    uint64_t lease;    ///< when it was taken, 0: by nobody
    uint32_t sequence; ///< of the last entry that was written, even
    struct silt_moment now[RINGS]; ///< what the segment shows as the last entry of each ring
    uint64_t began[RINGS]; ///< time of the first look that is in it
} history;

void silt_history_start(uint64_t now) {
    memset(&history, 0, sizeof history);
    // Most processes of a tree end before that, and pay nothing.
    __atomic_store_n(&silt_history_due, now + SECOND, __ATOMIC_RELAXED);
}

void silt_history_reserve(void) { (void)silt_segment_reserve(SILT_SECTION_HISTORY, SILT_HISTORY_ENTRIES); }

/// The second number of a file whose numbers are pages (fs/proc/array.c, proc_pid_statm); 0 where there is none.
static uint64_t second_number(const char *text, size_t bytes) {
    size_t at = 0;
    uint64_t pages = 0;
    while (at < bytes && text[at] != ' ') at++;
    for (at++; at < bytes && text[at] >= '0' && text[at] <= '9'; at++) pages = pages * 10 + (uint64_t)(text[at] - '0');
    return pages;
}

/// RSS; 0 where it may not be read: under a seccomp filter, without /proc, with no descriptor left. Through syscall(2),
/// as libc's open and read are points where a thread may be cancelled.
static uint64_t resident_bytes(void) {
    if (silt_core_is_confined()) return 0;
    int file = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/statm", O_RDONLY | O_CLOEXEC, 0);
    if (file < 0) return 0;
    char text[128];
    long got = syscall(SYS_read, file, text, sizeof text);
    syscall(SYS_close, file);
    return got > 0 ? second_number(text, (size_t)got) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static struct silt_moment moment_of(uint64_t now) {
    struct silt_moment moment = {.time_ns = now};
    uint32_t slots = __atomic_load_n(&silt_core.slot_count, __ATOMIC_ACQUIRE);
    for (uint32_t slot = 0; slot < slots; slot++) {
        moment.live_bytes += SILT_RACY(silt_core.slots[slot].credited) - SILT_RACY(silt_core.slots[slot].countdown);
        moment.live_blocks += SILT_RACY(silt_core.slots[slot].live_blocks);
    }
    moment.live_lowest = moment.live_highest = moment.live_bytes;
    moment.rss_bytes = moment.rss_lowest = moment.rss_highest = resident_bytes();
    return moment;
}

/// Adds a moment to an earlier one of the same second, minute or hour.
static void merge(struct silt_moment *into, const struct silt_moment *next) {
    struct silt_moment old = *into;
    *into = *next;
    if (old.live_lowest < into->live_lowest) into->live_lowest = old.live_lowest;
    if (old.live_highest > into->live_highest) into->live_highest = old.live_highest;
    if (old.rss_bytes == 0) return;
    if (next->rss_bytes == 0) into->rss_bytes = old.rss_bytes;
    if (next->rss_bytes == 0 || old.rss_lowest < into->rss_lowest) into->rss_lowest = old.rss_lowest;
    if (old.rss_highest > into->rss_highest) into->rss_highest = old.rss_highest;
}

/// Odd while it lasts, and never the same twice: so a reader knows a copy that is whole.
static void publish(struct silt_moment *entry, const struct silt_moment *moment) {
    uint32_t sequence = history.sequence += 2;
    __atomic_store_n(&entry->sequence, sequence - 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    memcpy(entry, moment, offsetof(struct silt_moment, sequence));
    __atomic_store_n(&entry->sequence, sequence, __ATOMIC_RELEASE);
}

static void write_rings(uint64_t now) {
    if (!silt_segment_publish_count(SILT_SECTION_HISTORY, SILT_HISTORY_ENTRIES)) {
        __atomic_store_n(&silt_history_due, UINT64_MAX, __ATOMIC_RELAXED);
        return;
    }
    const struct silt_moment moment = moment_of(now);
    for (unsigned i = 0; i < RINGS; i++) {
        struct silt_moment *last = &history.now[i];
        uint64_t number = now / rings[i].period;
        if (last->time_ns && last->time_ns / rings[i].period == number) {
            merge(last, &moment);
        } else {
            *last = moment;
            history.began[i] = now;
        }
        last->span_ms = (uint32_t)((now - history.began[i]) / 1000000);
        publish(&silt_core.history[rings[i].first + number % rings[i].entries], last);
    }
    __atomic_store_n(&silt_history_due, (now / SECOND + 1) * SECOND, __ATOMIC_RELAXED);
}

/// Nobody waits: whoever comes second, be it a signal handler on the same thread, leaves it to the first.
static bool take_lease(uint64_t now) {
    uint64_t holder = __atomic_load_n(&history.lease, __ATOMIC_RELAXED);
    if (holder != 0 && now < holder + LEASE) return false;
    return __atomic_compare_exchange_n(&history.lease, &holder, now, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static void return_lease(uint64_t mine) {
    __atomic_compare_exchange_n(&history.lease, &mine, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

/// A vfork child shares this memory, but neither the descriptors nor, perhaps, the view of /proc.
static bool is_mine(void) {
    return silt_core_is_on() && (silt_core_is_confined() || (uint32_t)getpid() == silt_core.pid);
}

__attribute__((noinline)) void silt_history_write(uint64_t now) {
    int saved = errno;
    if (is_mine() && take_lease(now)) {
        if (now >= __atomic_load_n(&silt_history_due, __ATOMIC_RELAXED)) write_rings(now);
        return_lease(now);
    }
    errno = saved;
}
