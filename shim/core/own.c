#include "own.h"

#include <stdint.h>
#include <string.h>

#include "pages.h"
#include "state.h"

/// Sizes are powers of two from 32 bytes to 4 KiB, a header included.
#define CLASSES 8u
#define LEAST_SHIFT 5u
/// Before a block lies what looks like the header of a chunk with a mapping of its own (malloc/malloc.c: size,
/// IS_MMAPPED): so it is turned away by the fast path, and malloc_usable_size tells right.
#define IS_MMAPPED 2u
#define HEADER (2 * sizeof(size_t))

static struct {
    struct silt_lock lock;
    size_t used;
    void *free[CLASSES]; ///< each block's first word leads to the next
} own;

char *silt_own_memory;

void silt_own_start(void) {
    silt_own_memory = silt_pages_map(SILT_OWN_BYTES);
    if (silt_own_memory) silt_observer_add((uintptr_t)silt_own_memory, SILT_OWN_BYTES);
}

static size_t *head_of(const void *block) { return (size_t *)block - 1; }

size_t silt_own_bytes(const void *block) { return (*head_of(block) & ~(size_t)7) - HEADER; }

static unsigned class_of(size_t bytes) {
    unsigned class = 0;
    while (class < CLASSES && ((size_t)1 << (LEAST_SHIFT + class)) < bytes + HEADER) class++;
    return class;
}

/// Under the lock.
static void *take(unsigned class) {
    void *block = own.free[class];
    if (block) {
        memcpy(&own.free[class], block, sizeof block);
        return block;
    }
    size_t bytes = (size_t)1 << (LEAST_SHIFT + class);
    if (bytes > SILT_OWN_BYTES - own.used) return NULL;
    block = silt_own_memory + own.used + HEADER;
    own.used += bytes;
    *head_of(block) = bytes | IS_MMAPPED;
    return block;
}

void *silt_own_alloc(size_t bytes) {
    unsigned class = class_of(bytes);
    if (!silt_own_memory || bytes > SILT_OWN_BYTES || class == CLASSES || !silt_lock(&own.lock)) return NULL;
    void *block = take(class);
    silt_unlock(&own.lock);
    if (block) memset(block, 0, silt_own_bytes(block));
    return block;
}

void silt_own_free(void *block) {
    unsigned class = class_of(silt_own_bytes(block));
    if (!silt_lock(&own.lock)) return; // lost
    memcpy(block, &own.free[class], sizeof block);
    own.free[class] = block;
    silt_unlock(&own.lock);
}
