/// Requests of three kinds, all in flight at once, each with its tag. They free what they took, but for an entry that
/// each search leaves in a cache: on every page lies one of these.
#include "../common/example.h"

#include "../../shim/include/silt.h"

enum { requests = 40 * 1024, block_bytes = 1016 };  // With its header a quarter of a page.

static void *scratch[3][requests], *cache[requests];

static void *take(void) { return memset(example_hold(malloc(block_bytes)), 0x5a, block_bytes); }

static void report(int number) {
    SILT_TAG_PUSH("report");
    scratch[0][number] = take();
    SILT_TAG_POP();
}

static void import(int number) {
    SILT_TAG_PUSH("import");
    scratch[1][number] = take();
    SILT_TAG_POP();
}

static void search(int number) {
    SILT_TAG_PUSH("search");
    scratch[2][number] = take();
    cache[number] = take();
    SILT_TAG_POP();
}

int main(int count, char **arguments) {
    example_begin(count, arguments);
    for (int number = 0; number < requests; number++) {
        report(number);
        import(number);
        search(number);
    }
    for (int kind = 0; kind < 3; kind++)
        for (int number = 0; number < requests; number++) example_free(scratch[kind][number]);
    return example_ready();
}
