/// churn SEED: four threads allocate and free, whatever the allocator; at the checkpoint 64 blocks of 1000 bytes are held.
#include <pthread.h>

#include "torture.h"

#define HELD 64

static void *work(void *seed) {
    uint64_t random = torture_seed((uintptr_t)seed, 1);
    for (int i = 0; i < 600; i++) {
        size_t bytes = torture_next(&random) % 30000 + 1;
        unsigned char *block = malloc(bytes);
        REQUIRE(block != NULL);
        fill(block, bytes, (uint8_t)random);
        REQUIRE(intact(block, bytes, bytes, (uint8_t)random));
        free(block);
    }
    return NULL;
}

int main(int count, char **arguments) {
    uintptr_t seed = (uintptr_t)argument(count, arguments, 1, 1);
    pthread_t threads[4];
    void *held[HELD];
    for (int i = 0; i < HELD; i++) REQUIRE((held[i] = malloc(1000)) != NULL);
    for (uintptr_t i = 0; i < 4; i++) REQUIRE(pthread_create(&threads[i], NULL, work, (void *)(seed * 4 + i)) == 0);
    for (int i = 0; i < 4; i++) REQUIRE(pthread_join(threads[i], NULL) == 0);
    checkpoint("end");
    for (int i = 0; i < HELD; i++) free(held[i]);
    say("done\n");
    return 0;
}
