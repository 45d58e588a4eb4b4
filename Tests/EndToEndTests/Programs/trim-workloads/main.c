/// trim-workloads NAME THREADS [--fork] [--gate] [--wait] [--trim]: leaves a heap behind whose trimming is to be
/// predicted. 1 thread works on the main thread, in the main arena; more get threads of their own, which stay alive,
/// each in a secondary arena. With `--fork`, a child says ready, stays and trims. `trim-workloads --list` names the
/// workloads. The protocol is that of Examples/README.md.
#include "workloads.h"

#include <pthread.h>
#include <sys/wait.h>

enum { max_threads = 8 };

static struct worker workers[max_threads];
static const struct workload *chosen;
static pthread_barrier_t begin, done;

static void *work(void *worker) {
    pthread_barrier_wait(&begin);
    chosen->run(worker);
    pthread_barrier_wait(&done);
    for (;;) pause();
    return NULL;
}

static void start(int threads) {
    pthread_barrier_init(&begin, NULL, (unsigned)threads + 1);
    pthread_barrier_init(&done, NULL, (unsigned)threads + 1);
    for (int i = 0; i < threads; i++) {
        pthread_t thread;
        example_require(pthread_create(&thread, NULL, work, &workers[i]) == 0, "pthread_create");
    }
}

static int list(void) {
    for (const struct workload *each = workloads; each->name; each++) {
        char line[80];
        snprintf(line, sizeof line, "%s\n", each->name);
        example_print(line);
    }
    return 0;
}

int main(int count, char **arguments) {
    if (count > 1 && strcmp(arguments[1], "--list") == 0) return list();
    for (const struct workload *each = workloads; each->name && count > 2; each++) {
        if (strcmp(each->name, arguments[1]) == 0) chosen = each;
    }
    int threads = count > 2 ? atoi(arguments[2]) : 0;
    example_require(chosen && threads >= 1 && threads <= max_threads, "NAME THREADS expected (names: --list)");
    bool forks = false;
    for (int i = 3; i < count; i++) forks |= strcmp(arguments[i], "--fork") == 0;

    for (int i = 0; i < threads; i++) workers[i].seed = 0x9e3779b97f4a7c15ULL + (unsigned)i;
    if (threads > 1) start(threads);
    example_begin(count, arguments);
    // A large block freed raises the trim threshold to twice its size; with the default one of 128 KiB, free() itself
    // would give every large top back (systrim and heap_trim in glibc's malloc/malloc.c), and leave little to predict.
    example_free(example_malloc(31 * MiB));
    if (threads > 1) {
        pthread_barrier_wait(&begin);
        pthread_barrier_wait(&done);
    } else {
        chosen->run(&workers[0]);
    }
    if (!forks) return example_ready();
    pid_t child = fork();
    example_require(child >= 0, "fork");
    if (child == 0) return example_ready();
    int status = 1;
    example_require(waitpid(child, &status, 0) == child, "waitpid");
    return status != 0;
}
