/// growing: takes blocks and writes to all of them until somebody ends it, in four threads, 100 MiB in about a second: time
/// for readers.
#include <pthread.h>

#include "torture.h"

static void *grow(void *seed) {
    uint64_t random = torture_seed((uintptr_t)seed, 3);
    for (int i = 0;; i++) {
        size_t bytes = torture_next(&random) % 16 ? torture_next(&random) % 3000 + 1 : torture_next(&random) % 300000 + 1;
        char *block = malloc(bytes);
        if (block) fill(block, bytes, 1); // NULL: what is asked for is not there, and is asked for again
        if (i % 4 == 0) usleep(1000);
    }
    return NULL;
}

int main(int count, char **arguments) {
    uintptr_t seed = (uintptr_t)argument(count, arguments, 1, 1);
    pthread_t threads[3];
    for (uintptr_t i = 0; i < 3; i++) REQUIRE(pthread_create(&threads[i], NULL, grow, (void *)(seed * 4 + i)) == 0);
    grow((void *)(seed * 4 + 3));
    return 0;
}
