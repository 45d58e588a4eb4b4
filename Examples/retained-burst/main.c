/// A burst of small blocks, all freed but eight. The eight keep free() from giving the pages back.
#include "../common/example.h"

enum { blocks = 208000, block_bytes = 1000, survivors = 8 };

static void *block[blocks];

int main(int count, char **arguments) {
    example_begin(count, arguments);
    for (int i = 0; i < blocks; i++) block[i] = example_malloc(block_bytes);
    // free() gives back only what lies above the last block in use (systrim in glibc's malloc/malloc.c), and the very
    // last block is one of the survivors.
    for (int i = 0; i < blocks; i++) {
        bool survives = i % (blocks / survivors) == blocks / survivors - 1;
        if (!survives) example_free(block[i]);
    }
    return example_ready();
}
