/// own-malloc SEED: a program with an allocator of its own, which maps memory while it holds its lock, as jemalloc
/// does. Whoever allocates on the way of that mmap waits for ever.
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>

#include "torture.h"

#define REGION_BYTES ((size_t)2 << 20)
#define ROUND(bytes) (((bytes) + 15) & ~(size_t)15)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *region;
static size_t used = REGION_BYTES;

/// Blocks are never given back; their size stands before them.
void *malloc(size_t bytes) {
    size_t whole = ROUND(bytes) + 16;
    char *block = NULL;
    if (whole > REGION_BYTES) return errno = ENOMEM, NULL;
    pthread_mutex_lock(&lock);
    if (whole > REGION_BYTES - used) {
        region = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        used = 0;
    }
    if (region != MAP_FAILED) {
        block = region + used + 16;
        used += whole;
        *(size_t *)(block - 16) = bytes;
    }
    pthread_mutex_unlock(&lock);
    return block;
}

void free(void *block) { (void)block; }

void *calloc(size_t count, size_t bytes) { return malloc(count * bytes); } // mapped memory is zeros, and used once

void *realloc(void *block, size_t bytes) {
    void *moved = malloc(bytes);
    if (block && moved) memcpy(moved, block, ((size_t *)block)[-2] < bytes ? ((size_t *)block)[-2] : bytes);
    return moved;
}

static void *churn(void *seed) {
    uint64_t random = torture_seed((uintptr_t)seed, 1);
    for (int i = 0; i < 2000; i++) {
        size_t bytes = torture_next(&random) % 30000 + 1;
        unsigned char *block = malloc(bytes);
        memset(block, (int)(random & 255), bytes);
        REQUIRE(block[0] == (random & 255) && block[bytes - 1] == (random & 255));
    }
    return NULL;
}

int main(int count, char **arguments) {
    uintptr_t seed = count > 1 ? strtoul(arguments[1], NULL, 10) : 1;
    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; i++) REQUIRE(pthread_create(&threads[i], NULL, churn, (void *)(seed * 4 + i)) == 0);
    for (int i = 0; i < 4; i++) REQUIRE(pthread_join(threads[i], NULL) == 0);
    say("done\n");
    return 0;
}
