/// What does not grow, whatever it looks like for a while.
#include "growth.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST_ENTRIES = 1 << 16 };
static void *entries[MOST_ENTRIES];

static SITE void fill(size_t index, size_t bytes) { entries[index] = xmalloc(bytes); }

static void empty(size_t index) {
    free(entries[index]);
    entries[index] = NULL;
}

static void steady_churn(void) {
    for (uint64_t round = 0; goes_on(); round++) {
        churn(256 * KiB);
        keep_pace(round, 2000);
    }
}

/// Full after a third of the time; from then on each new entry puts the oldest one out.
static void lru_cache(void) {
    const size_t capacity = 24000;
    for (uint64_t put = 0; goes_on(); put++) {
        while (put > 3 * passed() * (double)capacity) usleep(1000);
        empty(put % capacity);
        fill(put % capacity, 2000);
    }
}

/// The queue is longest four times, and empty in between.
static void queue_that_drains(void) {
    size_t length = 0;
    while (goes_on()) {
        double phase = passed() * 4 - (double)(int)(passed() * 4);
        size_t wanted = (size_t)(20000 * (phase < 0.5 ? 2 * phase : 2 - 2 * phase));
        while (length < wanted) fill(length++, 1500);
        while (length > wanted) empty(--length);
        churn(64 * KiB);
        usleep(2000);
    }
}

static void start_up_then_flat(void) {
    size_t ready = 0;
    while (goes_on()) {
        size_t wanted = passed() < 0.2 ? (size_t)(passed() * 5 * 30000) : 30000;
        while (ready < wanted) fill(ready++, 1200);
        churn(64 * KiB);
        usleep(1000);
    }
}

/// Many small pieces of one block, all given up together.
static SITE char *arena(size_t bytes) { return xmalloc(bytes); }

static void arena_that_resets(void) {
    char *chunks[64] = {NULL};
    for (uint64_t request = 0; goes_on(); request++) {
        size_t used = request % 64;
        if (used == 0)
            for (size_t i = 0; i < 64; i++) free(chunks[i]);
        chunks[used] = arena(256 * KiB);
        keep_pace(request, 40);
    }
}

/// As many buffers as are ever in use at once, lent and returned.
static void pool_of_buffers(void) {
    size_t lent = 0, made = 0;
    for (uint64_t turn = 0; goes_on(); turn++) {
        bool lends = random_below(800) >= lent; // 400 in the mean
        lent += lends ? 1 : -(size_t)1;
        if (lent > made) fill(made++, 32 * KiB);
        churn(16 * KiB);
        keep_pace(turn, 20000);
    }
}

/// Every tenth of the time it loads, works, and gives all back.
static void periodic_batch(void) {
    size_t loaded = 0;
    while (goes_on()) {
        double phase = passed() * 10 - (double)(int)(passed() * 10);
        if (phase < 0.7 && loaded == 0)
            while (loaded < 8000) fill(loaded++, 4000);
        if (phase >= 0.7)
            while (loaded) empty(--loaded);
        churn(64 * KiB);
        usleep(2000);
    }
}

static void *work_in_pool(void *unused) {
    void *own = xmalloc(8 * KiB);
    while (goes_on()) {
        churn(16 * KiB);
        usleep(5000);
    }
    free(own);
    return unused;
}

static void *answer(void *unused) {
    churn(128 * KiB);
    usleep(50000);
    return unused;
}

/// Workers from the start on, and a thread for each request.
static void thread_pool(void) {
    for (int i = 0; i < 24; i++) start_thread(work_in_pool, NULL);
    for (uint64_t request = 0; goes_on(); request++) {
        start_thread(answer, NULL);
        keep_pace(request, 40);
    }
}

static SITE char *append(char *text, size_t bytes) {
    text = realloc(text, bytes);
    if (!text) abort();
    return memset(text, 'x', bytes);
}

/// Strings that grow to some MiB and are given up.
static void string_builder(void) {
    for (uint64_t turn = 0; goes_on();) {
        char *text = NULL;
        size_t end = MiB + random_below(4 * MiB);
        for (size_t bytes = 4 * KiB; bytes < end && goes_on(); bytes += bytes / 4) {
            text = append(text, bytes);
            keep_pace(turn++, 100);
        }
        free(text);
    }
}

/// Sessions that live for a sixth of the time, more and less of them.
static void sessions_that_expire(void) {
    size_t first = 0, last = 0;
    double born[MOST_ENTRIES / 4] = {0};
    const size_t most = sizeof born / sizeof *born;
    while (goes_on()) {
        while (first < last && passed() - born[first % most] > 1.0 / 6) empty(first++ % most);
        if (last - first < most && random_below(100) < 60) {
            born[last % most] = passed();
            fill(last++ % most, 3000);
        }
        keep_pace(last, 1200);
    }
}

/// Filled at once; from then on each new value takes the place of any other.
static void table_of_values(void) {
    const size_t most = 20000;
    for (size_t i = 0; i < most; i++) fill(i, 1000 + random_below(1000));
    for (uint64_t turn = 0; goes_on(); turn++) {
        size_t index = random_below(most);
        empty(index);
        fill(index, 1000 + random_below(1000));
        keep_pace(turn, 8000);
    }
}

/// Connections end after a time that nobody foresees, and there are more of them every second quarter.
static void connections(void) {
    size_t open = 0;
    while (goes_on()) {
        size_t load = (int)(passed() * 4) % 2 ? 3000 : 2000;
        for (int i = 0; i < 40 && open < load; i++) fill(open++, 10000);
        for (int i = 0; i < 30 && open; i++) {
            size_t index = random_below(open--);
            empty(index);
            entries[index] = entries[open];
            entries[open] = NULL;
        }
        usleep(5000);
    }
}

/// Mappings and blocks with mappings of their own, made and given back.
static void mapped_buffers(void) {
    void *held[16] = {NULL};
    for (uint64_t turn = 0; goes_on(); turn++) {
        size_t place = random_below(16), bytes = (1 + random_below(4)) * MiB;
        if (held[place]) munmap(held[place], 4 * MiB);
        held[place] = mmap(NULL, 4 * MiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        free(xmalloc(bytes));
        keep_pace(turn, 60);
    }
}

const struct scenario healthy_scenarios[] = {
    {"steady-churn", steady_churn},
    {"lru-cache", lru_cache},
    {"queue-that-drains", queue_that_drains},
    {"start-up-then-flat", start_up_then_flat},
    {"arena-that-resets", arena_that_resets},
    {"pool-of-buffers", pool_of_buffers},
    {"periodic-batch", periodic_batch},
    {"thread-pool", thread_pool},
    {"string-builder", string_builder},
    {"sessions-that-expire", sessions_that_expire},
    {"table-of-values", table_of_values},
    {"connections", connections},
    {"mapped-buffers", mapped_buffers},
    {NULL, NULL},
};
