/// Small blocks, all freed but one on every page: no page is free, though seven eighths of the bytes are.
#include "../common/example.h"

enum { blocks = 320 * 1024, block_bytes = 504, page_bytes = 4096 };

static void *block[blocks];

int main(int count, char **arguments) {
    example_begin(count, arguments);
    for (int i = 0; i < blocks; i++) block[i] = example_malloc(block_bytes);
    size_t pinned = 0;
    for (int i = 0; i < blocks; i++) {
        size_t page = (size_t)block[i] / page_bytes;
        if (page == pinned) example_free(block[i]);
        pinned = page;  // The first block that begins on a page stays.
    }
    return example_ready();
}
