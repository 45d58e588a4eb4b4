/// The history. Time is what the scenario says it is: two hours from now on, so that no true clock interferes.
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/seccomp.h>

#include "history.h"
#include "scenarios.h"

#define MILLISECOND UINT64_C(1000000)
#define HOUR (UINT64_C(3600) * 1000 * MILLISECOND)

/// A full hour of the clock that the core uses.
static uint64_t full_hour(void) { return (silt_clock() / HOUR + 2) * HOUR; }

static uintptr_t block_at(uint64_t number) { return 0x50000000008 + number * 8192; }

/// Numbers: looks, milliseconds between two. Before look i there is a block more; every seventh time the last six go.
void moments(const struct request *request) {
    start(request);
    uint64_t began = full_hour(), live = 0;
    errno = 4711;
    for (uint64_t i = 0; i < request->numbers[0]; i++) {
        book(block_at(live++), 1000, false, true);
        for (; i % 7 == 6 && live > i / 7 + 1; live--) book(block_at(live - 1), 1000, false, false);
        silt_history_note(began + i * request->numbers[1] * MILLISECOND);
    }
    say("say began %lu", (unsigned long)began);
    say("say errno %s", errno == 4711 ? "kept" : "changed");
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}

static pid_t raw_clone(void) { return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0); }

static int look_later(void *began) {
    silt_history_note(*(uint64_t *)began + 60000 * MILLISECOND);
    return 0;
}

/// In the parent 3 blocks at the full hour, in a child 4 a minute later. Numbers: 1 for a raw clone, 2 for one that shares
/// the memory and has nothing to write.
void moments_of_children(const struct request *request) {
    start(request);
    uint64_t began = full_hour(), kind = request->numbers[0];
    for (uint64_t i = 0; i < 3; i++) book(block_at(i), 1000, false, true);
    silt_history_note(began);
    say("say began %lu", (unsigned long)began);
    int hold[2], said[2];
    if (pipe(hold) != 0 || pipe(said) != 0) abort();
    if (kind == 2) {
        static char stack[64 * 1024] __attribute__((aligned(16)));
        pid_t pid = clone(look_later, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &began);
        waitpid(pid, NULL, 0);
        ready();
        silt_core_leave(SILT_LEAVING_EXIT);
        return;
    }
    pid_t pid = kind == 1 ? raw_clone() : fork();
    if (pid == 0) {
        close(hold[1]);
        book(block_at(3), 1000, false, true);
        silt_history_note(began + 60000 * MILLISECOND);
        say("say child %d", (int)getpid());
        close(said[1]);
        char byte;
        while (read(hold[0], &byte, 1) > 0) {}
        silt_core_leave(SILT_LEAVING_EXIT);
        _exit(0);
    }
    close(said[1]);
    char byte;
    while (read(said[0], &byte, 1) > 0) {}
    ready();
    close(hold[1]);
    waitpid(pid, NULL, 0);
    silt_core_leave(SILT_LEAVING_EXIT);
}

/// RSS is read at the full hour, not a second later when no descriptor is left, and again a second after that.
void moments_unread(const struct request *request) {
    start(request);
    uint64_t began = full_hour();
    struct rlimit before, none;
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 0;
    silt_history_note(began);
    setrlimit(RLIMIT_NOFILE, &none);
    errno = 4711;
    silt_history_note(began + 1000 * MILLISECOND);
    say("say errno %s", errno == 4711 ? "kept" : "changed");
    setrlimit(RLIMIT_NOFILE, &before);
    silt_history_note(began + 2000 * MILLISECOND);
    say("say began %lu", (unsigned long)began);
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}

/// From the full hour on any system call but read, write and exit kills.
void moments_confined(const struct request *request) {
    start(request);
    uint64_t began = full_hour();
    silt_core_confine(true);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0) != 0) abort();
    for (uint64_t i = 0; i < 100; i++) silt_history_note(began + i * 1000 * MILLISECOND);
    say("say began %lu", (unsigned long)began);
    ready();
    syscall(SYS_exit, 0);
}

enum { LOOKS = 20000 };
static uint64_t began_under_load, looks;

static void look(void) {
    uint64_t number = __atomic_add_fetch(&looks, 1, __ATOMIC_RELAXED);
    silt_history_note(began_under_load + number * 100 * MILLISECOND);
}

static void on_alarm(int number) {
    (void)number;
    look();
}

static void *look_often(void *unused) {
    (void)unused;
    while (__atomic_load_n(&looks, __ATOMIC_RELAXED) < LOOKS) look();
    return NULL;
}

/// Four threads and a signal handler look at once, at times that rise by a tenth of a second.
void moments_under_load(const struct request *request) {
    start(request);
    began_under_load = full_hour();
    say("say began %lu", (unsigned long)began_under_load);
    ready();
    signal(SIGALRM, on_alarm);
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 100}, {0, 100}}, NULL);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        if (pthread_create(&threads[i], NULL, look_often, NULL) != 0) abort();
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    look();
    say("say last %lu", (unsigned long)(began_under_load + looks * 100 * MILLISECOND));
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}
