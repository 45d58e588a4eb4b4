/// Memory beside the heap: anonymous mappings in pieces, thread stacks, a mapped file and shared memory.
#include "../common/example.h"

#include <pthread.h>
#include <sys/mman.h>

enum { pieces = 16, piece = 8 * MiB, threads = 4, stack_bytes = 2 * MiB, file_bytes = 16 * MiB };

static pthread_barrier_t done;

static char *map(size_t bytes, int flags, int file) {
    char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, file, 0);
    example_require(at != MAP_FAILED, "mmap");
    return at;
}

/// 128 MiB in 16 pieces, of which 108 MiB are left in the end.
static void map_anonymous(void) {
    char *at[pieces];
    for (int i = 0; i < pieces; i++) at[i] = memset(map(piece, MAP_PRIVATE | MAP_ANONYMOUS, -1), 1, piece);
    mprotect(at[1], piece, PROT_READ);
    mprotect(at[3], piece, PROT_NONE);  // Out of reach, and still resident.
    munmap(at[5], piece);
    munmap(at[7], piece);
    munmap(at[9] + 2 * MiB, 4 * MiB);  // A hole: two mappings are left of one.
    mremap(at[11], piece, 4 * MiB, 0);
    char *grown = mremap(at[13], piece, 12 * MiB, MREMAP_MAYMOVE);
    example_require(grown != MAP_FAILED, "mremap");
    memset(grown + piece, 1, 4 * MiB);
}

/// 16 MiB of a file whose name is gone already.
static void map_file(void) {
    char path[] = "/tmp/own-mappings.XXXXXX";
    int file = mkostemp(path, O_CLOEXEC);
    example_require(file >= 0 && unlink(path) == 0, "a temporary file");
    static char page[64 * KiB] = {1};
    for (int i = 0; i < file_bytes / (int)sizeof page; i++) {
        example_require(write(file, page, sizeof page) == sizeof page, "write");
    }
    volatile char *mapped = mmap(NULL, file_bytes, PROT_READ, MAP_PRIVATE, file, 0);
    example_require(mapped != MAP_FAILED, "mmap of a file");
    for (int i = 0; i < file_bytes; i += 4 * KiB) (void)mapped[i];
    close(file);
}

static void *deep(void *none) {
    char stack[stack_bytes];
    for (volatile char *at = stack; at < stack + stack_bytes; at += KiB) *at = 1;
    pthread_barrier_wait(&done);
    for (;;) pause();
    return none;
}

int main(int count, char **arguments) {
    pthread_barrier_init(&done, NULL, threads + 1);
    for (int i = 0; i < threads; i++) {
        pthread_t thread;
        example_require(pthread_create(&thread, NULL, deep, NULL) == 0, "pthread_create");
    }
    pthread_barrier_wait(&done);
    example_begin(count, arguments);
    map_anonymous();
    map_file();
    memset(map(16 * MiB, MAP_SHARED | MAP_ANONYMOUS, -1), 1, 16 * MiB);
    int memory = memfd_create("own-mappings", MFD_CLOEXEC);
    example_require(memory >= 0 && ftruncate(memory, 8 * MiB) == 0, "memfd_create");
    memset(map(8 * MiB, MAP_SHARED, memory), 1, 8 * MiB);
    return example_ready();
}
