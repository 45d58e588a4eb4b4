/// paged huge | swap: memory that Rss does not count: pages of hugetlb, or pages that the kernel has moved to swap.
#include <errno.h>
#include <sys/mman.h>

#include "torture.h"

// include/uapi/asm-generic/mman-common.h, Linux 5.4.
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define HUGE ((size_t)2 << 20)
#define OWN ((size_t)8 << 20)
#define BLOCKS 4096
#define BLOCK_BYTES 3000

static void *blocks[BLOCKS];

/// Asks the kernel to move everything writable out of memory, the library's own included.
static void page_out(void) {
    FILE *maps = fopen("/proc/self/maps", "r");
    REQUIRE(maps != NULL);
    unsigned long start, end;
    char permissions[5], line[4200];
    while (fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%lx %4s", &start, &end, permissions) == 3 && permissions[1] == 'w')
            (void)madvise((void *)start, end - start, MADV_PAGEOUT);
    REQUIRE(fclose(maps) == 0);
}

static void huge(void) {
    // Two mappings side by side, of which the kernel makes one line; only the first page is touched.
    char *pages = mmap(NULL, 3 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
    char *shared = mmap(NULL, HUGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
    REQUIRE(pages != MAP_FAILED && shared != MAP_FAILED);
    fill(pages, HUGE, 1);
    fill(shared, 4096, 2);
    checkpoint("mapped");
    REQUIRE(munmap(pages + HUGE, HUGE) == 0);
    checkpoint("a hole in it");
    REQUIRE(intact(pages, HUGE, HUGE, 1) && intact(shared, 4096, 4096, 2));
    REQUIRE(munmap(pages, HUGE) == 0 && munmap(pages + 2 * HUGE, HUGE) == 0 && munmap(shared, HUGE) == 0);
    checkpoint("unmapped");
}

static void swapped(void) {
    char *own = mmap(NULL, OWN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(own != MAP_FAILED);
    fill(own, OWN, 3);
    checkpoint("written");
    page_out();
    checkpoint("paged out");
    for (int i = 0; i < BLOCKS; i += 2) {
        drop(blocks[i], BLOCK_BYTES, (uint8_t)i);
        blocks[i] = make(BLOCK_BYTES + 500, (uint8_t)i);
    }
    page_out();
    checkpoint("half of it exchanged, paged out again");
    for (int i = 0; i < BLOCKS; i += 2) {
        drop(blocks[i], BLOCK_BYTES + 500, (uint8_t)i);
        blocks[i] = make(BLOCK_BYTES, (uint8_t)i);
    }
    REQUIRE(intact(own, OWN, OWN, 3) && munmap(own, OWN) == 0);
}

int main(int count, char **arguments) {
    REQUIRE(count == 2);
    // libc's own buffer for maps comes and goes; here it is what every later one gets.
    page_out();
    for (int i = 0; i < BLOCKS; i++) blocks[i] = make(BLOCK_BYTES, (uint8_t)i);
    checkpoint("start");
    strcmp(arguments[1], "huge") == 0 ? huge() : swapped();
    for (int i = 0; i < BLOCKS; i++) drop(blocks[i], BLOCK_BYTES, (uint8_t)i);
    checkpoint("end");
    say("done\n");
    return 0;
}
