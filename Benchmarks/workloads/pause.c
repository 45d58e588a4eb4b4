/// pause MIB: fills that much heap with small blocks, says ready, and then for every line of milliseconds on its
/// standard input touches fresh pages for so long and prints how long the worst touch took.
///
/// Fresh pages are what a reader can be felt by: a page fault and mmap need the address space's lock, which a reader of
/// smaps or pagemap holds for reading (fs/proc/task_mmu.c). One answer is one line of JSON, times in microseconds:
/// `touch` is the gap between two pages touched one after the other, `map` an mmap and munmap of 64 KiB.
#include "../../Examples/common/example.h"

#include <sys/mman.h>

enum { pages = 8192, page = 4096, small_map = 64 << 10, finest_ns = 100, buckets = 64 };

/// Times by their logarithm: bucket b counts those up to finest_ns * 1.5^b.
struct times {
    long counts[buckets];
    long all;
    double worst;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void note(struct times *times, double taken) {
    int bucket = 0;
    for (double limit = finest_ns; limit < taken && bucket < buckets - 1; limit *= 1.5) bucket++;
    times->counts[bucket]++;
    times->all++;
    if (taken > times->worst) times->worst = taken;
}

/// The time that all but one in 10,000 keep, in nanoseconds, rounded up to its bucket.
static double nearly_all(const struct times *times) {
    long beyond = times->all / 10000;
    double limit = finest_ns;
    long seen = 0;
    for (int bucket = 0; bucket < buckets; bucket++, limit *= 1.5) {
        seen += times->counts[bucket];
        if (seen >= times->all - beyond) break;
    }
    return limit < times->worst ? limit : times->worst;
}

static void touch_for(double duration, char *area) {
    struct times touch = {0}, map = {0};
    double begun = now();
    while (now() - begun < duration) {
        example_require(madvise(area, (size_t)pages * page, MADV_DONTNEED) == 0, "madvise");
        for (int i = 0; i < pages; i++) {
            double before = now();
            *(volatile char *)(area + (size_t)i * page) = 1;
            double after = now();
            note(&touch, after - before);
            if (i % 64 != 0) continue;
            void *other = mmap(NULL, small_map, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            example_require(other != MAP_FAILED && munmap(other, small_map) == 0, "mmap");
            note(&map, now() - after);
        }
    }
    char line[240];
    snprintf(
        line, sizeof line,
        "{\"touches\":%ld,\"touch_worst\":%.1f,\"touch_9999\":%.1f,\"map_worst\":%.1f,\"map_9999\":%.1f}\n", touch.all,
        touch.worst / 1e3, nearly_all(&touch) / 1e3, map.worst / 1e3, nearly_all(&map) / 1e3);
    example_print(line);
}

int main(int count, char **arguments) {
    example_require(count > 1 && atol(arguments[1]) > 0, "pause MIB");
    size_t bytes = strtoul(arguments[1], NULL, 10) * MiB;
    unsigned long long seed = 1;
    while (example_live_bytes < bytes) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        example_malloc(16 + (seed >> 40) % 497);
    }
    char *area = mmap(NULL, (size_t)pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    example_require(area != MAP_FAILED, "mmap");
    madvise(area, (size_t)pages * page, MADV_NOHUGEPAGE);
    example_say_ready();
    char input[64];
    for (ssize_t length; (length = read(STDIN_FILENO, input, sizeof input - 1)) > 0;) {
        input[length] = 0;
        touch_for((double)atol(input) * 1e6, area);
    }
    return 0;
}
