/// Mappings and large blocks against a model that knows nothing but an owner for each page.
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "scenarios.h"
#include "state.h"

enum { PAGES = 600, LONGEST = 40, CALLERS = 3, NOBODY = 0, FIRST_BLOCK = 1000 };
static const uintptr_t base = 0x600000000000;

/// NOBODY, a caller from 1 on, or FIRST_BLOCK + the block's first page.
static unsigned owner[PAGES];
static size_t longest_table;

static uintptr_t address(unsigned page) { return base + page * PAGE; }

static unsigned pages_of_block(unsigned first) {
    unsigned count = 0;
    while (first + count < PAGES && owner[first + count] == FIRST_BLOCK + first) count++;
    return count;
}

/// Sets the owner of some pages; a block that loses a page is gone whole. Returns how many pages of mappings there
/// were.
static size_t take(unsigned first, unsigned count, unsigned new_owner) {
    size_t mapped = 0;
    for (unsigned page = first; page < first + count; page++) {
        if (owner[page] >= FIRST_BLOCK) {
            unsigned block = owner[page] - FIRST_BLOCK;
            for (unsigned at = block + pages_of_block(block); at-- > block;) owner[at] = NOBODY;
        } else if (owner[page] != NOBODY) {
            mapped++;
        }
    }
    for (unsigned page = first; page < first + count; page++) owner[page] = new_owner;
    return mapped;
}

static size_t ranges_in_model(void) {
    size_t count = 0;
    for (unsigned page = 0; page < PAGES; page++)
        if (owner[page] != NOBODY && (page == 0 || owner[page] != owner[page - 1])) count++;
    return count;
}

static void change(uint64_t *random) {
    unsigned first = next_random(random) % (PAGES - LONGEST), count = 1 + next_random(random) % LONGEST;
    switch (next_random(random) % 8) {
    case 0: case 1: case 2: {
        unsigned caller = 1 + next_random(random) % CALLERS;
        silt_mapping_add(address(first), count * PAGE, caller);
        take(first, count, caller);
        break;
    }
    case 3: case 4:
        if (silt_mapping_remove(address(first), count * PAGE) != take(first, count, NOBODY) * PAGE)
            say("say removed other than was there");
        break;
    case 5:
        // A block is made only where nothing is, as by the kernel.
        for (unsigned page = first; page < first + count; page++)
            if (owner[page] != NOBODY) return;
        silt_book_slow(address(first), count * PAGE, SILT_BOOK_BLOCK);
        take(first, count, FIRST_BLOCK + first);
        break;
    default:
        for (unsigned page = 0; page < PAGES; page++)
            if (owner[page] == FIRST_BLOCK + page && next_random(random) % 4 == 0) {
                unsigned pages = pages_of_block(page);
                silt_book_slow(address(page), pages * PAGE, SILT_BOOK_BLOCK | SILT_BOOK_FREE);
                take(page, pages, NOBODY);
                return;
            }
    }
}

/// Numbers: seed, operations.
void ranges(const struct request *request) {
    start(request);
    uint64_t random = request->numbers[0] + 1;
    for (uint64_t i = 0; i < request->numbers[1]; i++) {
        change(&random);
        size_t now = ranges_in_model();
        if (now > longest_table) longest_table = now;
    }
    say_process();
    for (unsigned page = 0; page < PAGES;) {
        unsigned end = page + 1;
        while (end < PAGES && owner[end] == owner[page]) end++;
        if (owner[page] >= FIRST_BLOCK)
            say("large %lx %zu", (unsigned long)address(page), (end - page) * PAGE);
        else if (owner[page] != NOBODY)
            say("mapping %lx %lx %x", (unsigned long)address(page), (unsigned long)address(end), owner[page]);
        page = end;
    }
    // A change needs at most two entries more than there are before or after it.
    say("say table %s", silt_core.range_count <= longest_table + 2 ? "reused" : "grew");
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}

enum { WAITER_MAPPINGS = 3 };

static void *map_some(void *none) {
    // Of one caller each, so that they stay apart.
    for (unsigned i = 0; i < WAITER_MAPPINGS; i++) silt_mapping_add(address(i), PAGE, i + 1);
    return none;
}

/// Numbers: for how many milliseconds the ranges are held while another thread wants to change them; 0: until it has
/// given up.
void held_ranges(const struct request *request) {
    pthread_t waiter;
    start(request);
    if (!silt_ranges_lock_for_fork() || pthread_create(&waiter, NULL, map_some, NULL) != 0) abort();
    useconds_t microseconds = (useconds_t)request->numbers[0] * 1000;
    if (microseconds) {
        usleep(microseconds);
        silt_ranges_unlock();
    }
    pthread_join(waiter, NULL);
    if (!microseconds) silt_ranges_unlock();
    say_process();
    for (unsigned i = 0; i < WAITER_MAPPINGS && microseconds; i++)
        say("mapping %lx %lx %x", (unsigned long)address(i), (unsigned long)address(i + 1), i + 1);
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}
