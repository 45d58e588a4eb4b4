/// A handler that maps and unmaps memory interrupts threads that allocate, at any instruction.
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "torture.h"

#define WORKERS 3

static uint64_t seed;
static int stop;
static long signals_seen;
static pthread_barrier_t parked;

static void on_alarm(int number) {
    (void)number;
    // mmap and munmap are system calls that are safe here; the shim keeps its books of them under a lock.
    char *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) _exit(98);
    memory[0] = memory[8191] = 1;
    memory = mremap(memory, 8192, 16384, MREMAP_MAYMOVE);
    if (memory == MAP_FAILED || memory[0] != 1) _exit(97);
    munmap(memory, 16384);
    __atomic_fetch_add(&signals_seen, 1, __ATOMIC_RELAXED);
}

static void *work(void *index) {
    uint64_t state = torture_seed(seed, (uintptr_t)index);
    void *blocks[200] = {0};
    size_t sizes[200] = {0};
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        size_t at = torture_next(&state) % 200;
        if (blocks[at]) drop(blocks[at], sizes[at], (uint8_t)at);
        sizes[at] = 1 + torture_next(&state) % (torture_next(&state) % 50 ? 3000 : 400000);
        blocks[at] = make(sizes[at], (uint8_t)at);
    }
    sigset_t none;
    sigfillset(&none);
    pthread_sigmask(SIG_BLOCK, &none, NULL);
    pthread_barrier_wait(&parked);
    pthread_barrier_wait(&parked);
    for (size_t at = 0; at < 200; at++)
        if (blocks[at]) drop(blocks[at], sizes[at], (uint8_t)at);
    return NULL;
}

/// usage: signals SEED SIGNALS
int main(int count, char **values) {
    seed = (uint64_t)argument(count, values, 1, 1);
    long wanted = argument(count, values, 2, 3000);
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    pthread_barrier_init(&parked, NULL, WORKERS + 1);
    checkpoint("start");
    pthread_t threads[WORKERS];
    for (uintptr_t i = 0; i < WORKERS; i++) REQUIRE(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    struct itimerval every = {.it_interval = {.tv_usec = 200}, .it_value = {.tv_usec = 200}};
    setitimer(ITIMER_REAL, &every, NULL);
    for (int turn = 0; __atomic_load_n(&signals_seen, __ATOMIC_RELAXED) < wanted; turn++) {
        pthread_kill(threads[turn % WORKERS], SIGALRM);
        usleep(50);
    }
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    pthread_barrier_wait(&parked);
    checkpoint_loose("parked", 4 * 1024, 4);
    pthread_barrier_wait(&parked);
    for (int i = 0; i < WORKERS; i++) pthread_join(threads[i], NULL);
    checkpoint_loose("end", 4 * 1024, 4);
    say("done, %lld blocks left\n", (long long)known_blocks);
    return 0;
}
