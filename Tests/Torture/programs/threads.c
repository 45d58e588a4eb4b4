/// Threads that allocate, and free what others allocated, in as many arenas as asked for, while others are born and
/// die.
#include <malloc.h>
#include <pthread.h>

#include "torture.h"

#define MAILBOXES 4096

struct mail {
    uint32_t bytes;
    uint8_t tag;
};

static uint64_t seed;
static void *mailboxes[MAILBOXES];
static int stop;
static long born, turns;
static pthread_barrier_t parked;

/// Puts a block into a random mailbox and frees what lay in it, whoever's it was.
static void exchange(uint64_t *state, size_t most) {
    size_t bytes = sizeof(struct mail) + torture_next(state) % most;
    struct mail *mail = (struct mail *)malloc(bytes);
    REQUIRE(mail);
    know(mail, 1);
    mail->bytes = (uint32_t)bytes;
    mail->tag = (uint8_t)torture_next(state);
    fill(mail + 1, bytes - sizeof *mail, mail->tag);
    mail = (struct mail *)__atomic_exchange_n(&mailboxes[torture_next(state) % MAILBOXES], mail, __ATOMIC_ACQ_REL);
    if (!mail) return;
    REQUIRE(intact(mail + 1, mail->bytes - sizeof *mail, mail->bytes - sizeof *mail, mail->tag));
    know(mail, -1);
    free(mail);
}

static void *resident(void *index) {
    uint64_t state = torture_seed(seed, (uintptr_t)index);
    for (long turn = 0; turn != turns && !__atomic_load_n(&stop, __ATOMIC_RELAXED); turn++)
        exchange(&state, torture_next(&state) % 64 ? 600 : 200000);
    pthread_barrier_wait(&parked);
    pthread_barrier_wait(&parked);
    return NULL;
}

static void *shortlived(void *index) {
    uint64_t state = torture_seed(seed, (uintptr_t)index);
    for (int turn = 0; turn < 20; turn++) exchange(&state, 3000);
    return NULL;
}

static pthread_attr_t small;

static void *parent(void *index) {
    uint64_t stream = 1000 + (uintptr_t)index * 1000000;
    while (__atomic_fetch_sub(&born, 1, __ATOMIC_RELAXED) > 0) {
        pthread_t child;
        REQUIRE(pthread_create(&child, &small, shortlived, (void *)stream++) == 0);
        pthread_join(child, NULL);
    }
    return NULL;
}

/// usage: threads SEED RESIDENTS BORN ARENAS [TURNS OF EACH RESIDENT]
int main(int count, char **values) {
    seed = (uint64_t)argument(count, values, 1, 1);
    long residents = argument(count, values, 2, 4);
    born = argument(count, values, 3, 1000);
    turns = argument(count, values, 5, -1);
    mallopt(M_ARENA_MAX, (int)argument(count, values, 4, 16));
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    pthread_barrier_init(&parked, NULL, (unsigned)residents + 1);
    pthread_t *threads = (pthread_t *)calloc((size_t)residents + 4, sizeof(pthread_t));
    checkpoint("start");
    for (long i = 0; i < residents; i++) REQUIRE(!pthread_create(&threads[i], &small, resident, (void *)i));
    for (long i = 0; i < 4; i++) REQUIRE(!pthread_create(&threads[residents + i], &small, parent, (void *)i));
    for (long i = 0; i < 4; i++) pthread_join(threads[residents + i], NULL);
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    pthread_barrier_wait(&parked);
    // A dtv each for the threads and for the cached stacks of dead ones (elf/dl-tls.c, allocate_dtv).
    checkpoint_loose("all parked", (residents + 8) * 1024, residents + 8);
    pthread_barrier_wait(&parked);
    for (long i = 0; i < residents; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < MAILBOXES; i++) {
        struct mail *mail = (struct mail *)mailboxes[i];
        if (!mail) continue;
        REQUIRE(intact(mail + 1, mail->bytes - sizeof *mail, mail->bytes - sizeof *mail, mail->tag));
        know(mail, -1);
        free(mail);
    }
    REQUIRE(known_bytes == 0 && known_blocks == 0);
    checkpoint_loose("all freed", (residents + 8) * 1024, residents + 8);
    say("done\n");
    return 0;
}
