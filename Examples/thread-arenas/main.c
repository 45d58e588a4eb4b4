/// Eight threads burst, each in an arena of its own, and free everything in the order of its birth. What is freed
/// merges into the arena's top, and only the main arena's top is ever given back by malloc_trim.
#include "../common/example.h"

#include <pthread.h>

enum { threads = 8, blocks = 24 * 1024, block_bytes = 1000 };

static void *block[threads][blocks];
static pthread_barrier_t begin, done;

static void *burst(void *books) {
    void **mine = books;
    pthread_barrier_wait(&begin);
    for (int i = 0; i < blocks; i++) mine[i] = example_malloc(block_bytes);
    for (int i = 0; i < blocks; i++) example_free(mine[i]);
    pthread_barrier_wait(&done);
    for (;;) pause();
    return NULL;
}

int main(int count, char **arguments) {
    pthread_barrier_init(&begin, NULL, threads + 1);
    pthread_barrier_init(&done, NULL, threads + 1);
    for (int i = 0; i < threads; i++) {
        pthread_t thread;
        example_require(pthread_create(&thread, NULL, burst, block[i]) == 0, "pthread_create");
    }
    example_begin(count, arguments);
    // A large block freed raises the trim threshold to twice its size, as one large request does to any server: from
    // then on free() leaves that much at the top of every arena (free() and heap_trim in glibc's malloc/malloc.c).
    example_free(example_malloc(30 * MiB));
    pthread_barrier_wait(&begin);
    pthread_barrier_wait(&done);
    return example_ready();
}
