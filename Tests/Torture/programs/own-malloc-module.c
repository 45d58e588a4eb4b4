/// An allocator that maps memory while it holds its lock, as jemalloc does: whoever allocates on the way of that mmap waits
/// for ever. It goes by glibc's inner names too, as gperftools does. Blocks are never given back; their size stands in
/// the 16 bytes before them, with bits that in a chunk of glibc's would mean a size of many GiB.
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define REGION_BYTES ((size_t)2 << 20)
#define MARK ((size_t)1 << 36)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *region;
static size_t used = REGION_BYTES;

static size_t size_of(void *block) { return ((size_t *)block)[-1] - MARK; }

static void *take(size_t alignment, size_t bytes) {
    char *block = NULL;
    if (bytes > REGION_BYTES / 2 || alignment > 4096) return errno = ENOMEM, NULL;
    pthread_mutex_lock(&lock);
    size_t at = (used + 16 + alignment - 1) & ~(alignment - 1);
    if (at + bytes > REGION_BYTES) {
        // The first from the brk heap, as tcmalloc does.
        region = region ? mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                        : sbrk(REGION_BYTES);
        at = alignment > 16 ? alignment : 16;
    }
    if (region != MAP_FAILED) {
        block = region + at;
        used = (at + bytes + 15) & ~(size_t)15;
        ((size_t *)block)[-1] = bytes + MARK;
    }
    pthread_mutex_unlock(&lock);
    return block;
}

void *malloc(size_t bytes) { return take(16, bytes); }

void free(void *block) { (void)block; }

void *calloc(size_t count, size_t bytes) { return malloc(count * bytes); } // mapped memory is zeros, and used once

void *realloc(void *block, size_t bytes) {
    void *moved = malloc(bytes);
    if (block && moved) memcpy(moved, block, size_of(block) < bytes ? size_of(block) : bytes);
    return moved;
}

int posix_memalign(void **block, size_t alignment, size_t bytes) { return (*block = take(alignment, bytes)) ? 0 : ENOMEM; }

void *memalign(size_t alignment, size_t bytes) { return take(alignment, bytes); }

void *aligned_alloc(size_t alignment, size_t bytes) { return take(alignment, bytes); }

size_t malloc_usable_size(void *block) { return block ? size_of(block) : 0; }

void *__libc_malloc(size_t bytes) { return malloc(bytes); }
void __libc_free(void *block) { free(block); }
void *__libc_calloc(size_t count, size_t bytes) { return calloc(count, bytes); }
void *__libc_realloc(void *block, size_t bytes) { return realloc(block, bytes); }
