/// many alive|series THREADS: what becomes of the books with very many threads.
///
///   alive   that many threads at once, each holding 100 blocks: times the first one and the last one alone, pair after
///           pair of malloc and free, the others waiting; then all stay alive. Each thread allocates once before the
///           next is born, so that the first ones have the slots
///   series  that many threads one after the other: each allocates 10 blocks, frees the five that its predecessor left
///           over, and ends
///
/// Follows the protocol of Examples/README.md, `--gate` included, so that what the C library allocates for threads is
/// told from the program's own. One line of JSON before it says ready gives the nanoseconds.
#include "../../Examples/common/example.h"

#include <pthread.h>
#include <semaphore.h>

enum { most_threads = 4000, held = 100, handed = 5, pairs = 2000000, warm = 8 };

static pthread_barrier_t born, begin, holding, end;
static pthread_barrier_t turn[2]; ///< before the first thread's timing, and between it and the last one's
static sem_t counted;
static int threads;
static double first_ns, last_ns;
static void *left[handed];

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double time_of_pair(void) {
    double start = now();
    for (int i = 0; i < pairs; i++) {
        void *block = malloc(64);
        __asm__ volatile("" : "+r"(block) : : "memory");
        free(block);
    }
    return (now() - start) / pairs;
}

static size_t size_of(long thread, int block) { return 16 + (size_t)(thread * 7919 + block * 104729) % 900; }

static void *live(void *index) {
    long thread = (long)index;
    void *block = malloc(1);
    __asm__ volatile("" : "+r"(block) : : "memory");
    free(block);
    sem_post(&counted);
    pthread_barrier_wait(&born);
    pthread_barrier_wait(&begin);
    for (int i = 0; i < held; i++) example_malloc(size_of(thread, i));
    pthread_barrier_wait(&holding);
    // Alone but for the others' waiting: what is compared is a thread with books of its own and one that shares.
    if (thread == 0) first_ns = time_of_pair();
    pthread_barrier_wait(&turn[0]);
    if (thread == threads - 1) last_ns = time_of_pair();
    pthread_barrier_wait(&turn[1]);
    pthread_barrier_wait(&end);
    return NULL;
}

static void *pass(void *index) {
    long thread = (long)index;
    for (int i = 0; i < handed; i++)
        if (left[i]) example_free(left[i]);
    void *own[handed];
    for (int i = 0; i < handed; i++) own[i] = example_malloc(size_of(thread, i));
    for (int i = 0; i < handed; i++) left[i] = example_malloc(size_of(thread, handed + i));
    for (int i = 0; i < handed; i++) example_free(own[i]);
    return NULL;
}

static void start(pthread_t *thread, void *(*work)(void *), long index) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 * KiB);
    example_require(pthread_create(thread, &attributes, work, (void *)index) == 0, "pthread_create");
    pthread_attr_destroy(&attributes);
}

static void say(double first, double last) {
    char line[120];
    snprintf(line, sizeof line, "{\"first_ns\":%.2f,\"last_ns\":%.2f}\n", first, last);
    example_print(line);
}

static int alive(int count, char **arguments) {
    static pthread_t thread[most_threads];
    pthread_barrier_t *all[] = {&born, &begin, &holding, &turn[0], &turn[1], &end};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) pthread_barrier_init(all[i], NULL, (unsigned)threads + 1);
    sem_init(&counted, 0, 0);
    for (long i = 0; i < threads; i++) {
        start(&thread[i], live, i);
        while (sem_wait(&counted) != 0) {}
    }
    pthread_barrier_wait(&born);
    example_begin(count, arguments);
    for (size_t i = 1; i + 1 < sizeof all / sizeof *all; i++) pthread_barrier_wait(all[i]);
    say(first_ns, last_ns);
    int status = example_ready();
    pthread_barrier_wait(&end);
    for (int i = 0; i < threads; i++) pthread_join(thread[i], NULL);
    return status;
}

static int series(int count, char **arguments) {
    pthread_t thread;
    // The C library keeps the stack and the thread-local storage of ended threads for the next ones.
    for (long i = 0; i < warm; i++) {
        start(&thread, pass, i);
        pthread_join(thread, NULL);
    }
    for (int i = 0; i < handed; i++) example_free(left[i]), left[i] = NULL;
    example_begin(count, arguments);
    double begun = now();
    for (long i = 0; i < threads; i++) {
        start(&thread, pass, i);
        pthread_join(thread, NULL);
    }
    say((now() - begun) / threads, 0);
    return example_ready();
}

int main(int count, char **arguments) {
    threads = count > 2 ? atoi(arguments[2]) : 0;
    bool at_once = count > 2 && strcmp(arguments[1], "alive") == 0;
    example_require(threads > 0 && (!at_once || threads <= most_threads), "many alive|series THREADS");
    return at_once ? alive(count, arguments) : series(count, arguments);
}
