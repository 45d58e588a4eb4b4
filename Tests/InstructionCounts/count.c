/// count CASE TIMES: makes the calls of one case TIMES times, and nothing that depends on time, addresses or threads.
///
/// Under callgrind, the instructions of a run with n2 minus those of a run with n1, over n2 - n1, are the cost of one
/// turn; with the library minus without it, that is what the library adds, whatever glibc itself executes.
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// The compiler must not leave a pair out.
static void *used(void *block) {
    __asm__ volatile("" : "+r"(block) : : "memory");
    if (!block) abort();
    return block;
}

/// At most so many turns in the cases that keep their blocks.
enum { most = 4096, small = 64, pair = 4080, span = 40000, mapped = 1 << 20, place = (8 << 20) - 16 };
static void *kept[most];

static void keep(long times, size_t bytes) {
    for (long i = 0; i < times; i++) kept[i] = used(malloc(bytes));
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    const char *name = arguments[1];
    long times = atol(arguments[2]);
    if (times < 1 || times > most) return 2;
    // Fixed, so that no free moves it; and no trimming, whose moment would depend on what was freed before.
    bool maps = strncmp(name, "mapped", 6) == 0;
    mallopt(M_MMAP_THRESHOLD, maps ? 256 << 10 : 512 << 20);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    // Where the top has room for a block, glibc does not map it, whatever the threshold.
    mallopt(M_TOP_PAD, maps ? 0 : 64 << 20);
    // The first chunks begin at the same offset in a granule in every run.
    void *first = used(malloc(small));

    if (strcmp(name, "malloc") == 0) {
        keep(times, small);
    } else if (strcmp(name, "free") == 0) { // all are allocated in every run; TIMES of them are freed
        keep(most, small);
        for (long i = 0; i < times; i++) free(kept[i]);
    } else if (strcmp(name, "calloc") == 0) {
        for (long i = 0; i < times; i++) kept[i] = used(calloc(1, small));
    } else if (strcmp(name, "realloc") == 0) {
        for (long i = 0; i < times; i++) first = used(realloc(first, small - i % 2));
    } else if (strcmp(name, "malloc+free") == 0) {
        for (long i = 0; i < times; i++) free(used(malloc(small)));
    } else if (strcmp(name, "two granules malloc+free") == 0) {
        for (long i = 0; i < times; i++) free(used(malloc(pair)));
    } else if (strcmp(name, "ten granules malloc+free") == 0) {
        for (long i = 0; i < times; i++) free(used(malloc(span)));
    } else if (strcmp(name, "ten granules calloc+free") == 0) {
        for (long i = 0; i < times; i++) free(used(calloc(1, span)));
    } else if (strcmp(name, "ten granules realloc") == 0) {
        void *block = used(malloc(span));
        for (long i = 0; i < times; i++) block = used(realloc(block, span + (i % 2) * 4096));
    } else if (strcmp(name, "mapped malloc+free") == 0) {
        for (long i = 0; i < times; i++) free(used(malloc(mapped)));
    } else if (strcmp(name, "mapped malloc, many alive") == 0) {
        keep(times, mapped);
    } else if (strcmp(name, "new leaf") == 0) { // each block fills 8 MiB: 2048 granules, and a leaf for them
        keep(times, place);
    } else if (strcmp(name, "no block free") == 0) {
        for (long i = 0; i < times; i++) {
            void *none = NULL;
            __asm__ volatile("" : "+r"(none));
            free(none);
        }
    } else if (strcmp(name, "usable size") == 0) {
        for (long i = 0; i < times; i++) used((void *)(malloc_usable_size(first) + 1));
    } else {
        return 2;
    }
    return 0;
}
