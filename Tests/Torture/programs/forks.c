/// Forks from a process whose threads are all allocating. Children allocate, fork again, exec, _exit and crash.
///
/// A worker marks the operation that it is in, so that a child, in which that worker has vanished, knows how much of
/// its own count may be wrong: nothing where no worker was between the marks.
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "torture.h"

#define WORKERS 3
#define BLOCKS 500
#define LARGE 5000
#define LARGEST 300000

static uint64_t seed;
static int stop;
static pthread_barrier_t all_started;
static const char *self;
/// Bytes that the operation under way adds or removes at most; 0: none is under way.
static volatile int64_t under_way[WORKERS];

static void *work(void *number) {
    uintptr_t index = (uintptr_t)number;
    uint64_t state = torture_seed(seed, index);
    void *blocks[BLOCKS] = {0};
    size_t sizes[BLOCKS] = {0};
    pthread_barrier_wait(&all_started);
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        size_t at = torture_next(&state) % BLOCKS;
        if (blocks[at]) REQUIRE(intact(blocks[at], sizes[at], sizes[at], (uint8_t)at));
        size_t bytes = 1 + torture_next(&state) % (torture_next(&state) % 100 ? LARGE : LARGEST);
        under_way[index] = LARGEST + 8192;
        if (blocks[at]) {
            know(blocks[at], -1);
            free(blocks[at]);
            blocks[at] = NULL;
        } else {
            know(blocks[at] = malloc(sizes[at] = bytes), 1);
        }
        under_way[index] = 0;
        if (blocks[at]) fill(blocks[at], sizes[at], (uint8_t)at);
    }
    for (size_t at = 0; at < BLOCKS; at++)
        if (blocks[at]) drop(blocks[at], sizes[at], (uint8_t)at);
    return NULL;
}

static void read_child(const char *label) {
    int64_t bytes = 0, blocks = 0;
    for (int i = 0; i < WORKERS; i++) {
        bytes += under_way[i];
        blocks += under_way[i] != 0;
    }
    checkpoint_loose(label, bytes, blocks);
}

static int ended(pid_t pid) {
    int status = -1;
    REQUIRE(pid > 0 && waitpid(pid, &status, 0) == pid);
    return status;
}

static void allocate(uint64_t stream) {
    uint64_t state = torture_seed(seed, 1000000 + stream);
    void *blocks[50];
    size_t sizes[50];
    for (int i = 0; i < 50; i++) blocks[i] = make(sizes[i] = 1 + torture_next(&state) % 20000, (uint8_t)i);
    for (int i = 0; i < 50; i++) drop(blocks[i], sizes[i], (uint8_t)i);
}

static void child(long number, long every) {
    if (number % every == 0) read_child("forked");
    allocate((uint64_t)number);
    void *kept = make(777, 1);
    if (number % every == 0) read_child("forked and allocated");
    switch (number % 6) {
    case 0: exit(3);
    case 1: _exit(4);
    case 2: execl(self, self, "exec", NULL); _exit(90);
    case 3: abort();
    case 4: raise(SIGKILL); _exit(91);
    case 5: {
        pid_t again = fork();
        if (again == 0) {
            if (number % every == 0) read_child("forked twice");
            allocate((uint64_t)number + 500000);
            REQUIRE(intact(kept, 777, 777, 1));
            _exit(6);
        }
        _exit(WEXITSTATUS(ended(again)) + 1);
    }
    }
}

/// usage: forks SEED FORKS READ_EVERY
int main(int count, char **values) {
    self = values[0];
    if (count == 2) return 5;
    seed = (uint64_t)argument(count, values, 1, 1);
    long forks = argument(count, values, 2, 1000), every = argument(count, values, 3, 100);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0});
    pthread_t threads[WORKERS];
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    pthread_barrier_init(&all_started, NULL, WORKERS);
    // Once for the stacks' dtvs: then every later count is exact.
    stop = 1;
    for (uintptr_t i = 0; i < WORKERS; i++) REQUIRE(!pthread_create(&threads[i], &small, work, (void *)i));
    for (int i = 0; i < WORKERS; i++) pthread_join(threads[i], NULL);
    stop = 0;
    REQUIRE(known_blocks == 0);
    checkpoint("start");
    for (uintptr_t i = 0; i < WORKERS; i++) REQUIRE(!pthread_create(&threads[i], &small, work, (void *)i));
    long statuses[256] = {0};
    for (long number = 0; number < forks; number++) {
        pid_t pid = fork();
        if (pid == 0) child(number, every);
        int status = ended(pid);
        statuses[WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status)]++;
    }
    stop = 1;
    for (int i = 0; i < WORKERS; i++) pthread_join(threads[i], NULL);
    checkpoint("end");
    for (int i = 0; i < 256; i++)
        if (statuses[i]) say("status %d: %ld\n", i, statuses[i]);
    say("%lld blocks left\n", (long long)known_blocks);
    return 0;
}
