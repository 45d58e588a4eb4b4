/// Children: by fork, by a raw clone, sharing memory.
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenarios.h"

/// A child that waits until its parent lets it go.
struct child {
    pid_t pid;
    int hold; ///< writing end of a pipe: closing it lets the child go
};

static pid_t raw_clone(void) { return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0); }

static void change_random_mapping(uint64_t *random) {
    uintptr_t at = 0x600000000000 + next_random(random) % 100 * PAGE;
    size_t bytes = (1 + next_random(random) % 20) * PAGE;
    if (next_random(random) % 2)
        silt_mapping_add(at, bytes, 1 + next_random(random) % 3);
    else
        silt_mapping_remove(at, bytes);
}

/// A child that changes some blocks (and mappings, where its blocks are not to be told), says what its books must hold,
/// and lives until it is let go.
static struct child make_child(pid_t (*make)(void), uint64_t seed, unsigned operations, bool says_blocks) {
    int hold[2], said[2];
    if (pipe(hold) != 0 || pipe(said) != 0) abort();
    pid_t pid = make();
    if (pid < 0) abort();
    if (pid == 0) {
        close(hold[1]);
        close(said[0]);
        for (unsigned i = 0; i < operations; i++) change_random_block(&seed);
        for (unsigned i = 0; i < operations && !says_blocks; i++) change_random_mapping(&seed);
        say_process();
        if (says_blocks) say_blocks();
        close(said[1]);
        char byte;
        while (read(hold[0], &byte, 1) > 0) {}
        silt_core_leave(SILT_LEAVING_EXIT);
        _exit(0);
    }
    close(hold[0]);
    close(said[1]);
    char byte;
    while (read(said[0], &byte, 1) > 0) {}
    close(said[0]);
    return (struct child){pid, hold[1]};
}

static void expect_clean_end(pid_t child) {
    int status;
    if (waitpid(child, &status, 0) != child) abort();
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) say("say child ended with %x", (unsigned)status);
}

/// All are let go first: later ones hold the earlier ones' pipes open.
static void end_children(const struct child *child, unsigned count) {
    for (unsigned i = 0; i < count; i++) close(child[i].hold);
    for (unsigned i = 0; i < count; i++) expect_clean_end(child[i].pid);
}

static void parent_and_child(uint64_t random, pid_t (*make)(void)) {
    for (int i = 0; i < 20000; i++) change_random_block(&random);
    struct child child = make_child(make, random ^ 1, 5000, true);
    for (int i = 0; i < 5000; i++) change_random_block(&random);
    say_process();
    say_blocks();
    ready();
    end_children(&child, 1);
    // The parent's file is still there, and still its own.
    say_process();
    say_blocks();
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}

/// Numbers: seed.
void forked(const struct request *request) {
    start(request);
    parent_and_child(request->numbers[0] + 1, fork);
}

/// Numbers: seed.
void cloned(const struct request *request) {
    start(request);
    parent_and_child(request->numbers[0] + 1, raw_clone);
}

/// Numbers: seed. A child that forks in turn.
void grandchild(const struct request *request) {
    start(request);
    uint64_t random = request->numbers[0] + 1;
    for (int i = 0; i < 5000; i++) change_random_block(&random);
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 5000; i++) change_random_block(&random);
        parent_and_child(random, fork);
        _exit(0);
    }
    expect_clean_end(pid);
    silt_core_leave(SILT_LEAVING_EXIT);
}

static int stop_load;

static void *load(void *seed) {
    uint64_t random = (uintptr_t)seed;
    while (!__atomic_load_n(&stop_load, __ATOMIC_RELAXED)) {
        change_random_block(&random);
        if (next_random(&random) % 8 == 0) change_random_mapping(&random);
    }
    silt_mapping_remove(0x600000000000, 200 * PAGE);
    return NULL;
}

/// Numbers: seed, children, 1 for raw clones. They are made while other threads book at full speed.
void forked_under_load(const struct request *request) {
    enum { THREADS = 3, MOST = 64 };
    start(request);
    pthread_t thread[THREADS];
    struct child child[MOST];
    unsigned children = request->numbers[1] < MOST ? (unsigned)request->numbers[1] : MOST;
    for (uintptr_t i = 0; i < THREADS; i++)
        if (pthread_create(&thread[i], NULL, load, (void *)(request->numbers[0] + i + 1)) != 0) abort();
    bool raw = request->numbers[2];
    for (unsigned i = 0; i < children; i++) child[i] = make_child(raw ? raw_clone : fork, i + 1, raw ? 200 : 0, !raw);
    __atomic_store_n(&stop_load, 1, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    say_process();
    say_blocks();
    ready();
    end_children(child, children);
    silt_core_leave(SILT_LEAVING_EXIT);
}

/// A raw clone whose first operation is on mappings: they are its own, not its parent's.
void cloned_mapping(const struct request *request) {
    start(request);
    silt_mapping_add(0x600000000000, 10 * PAGE, 1);
    pid_t pid = raw_clone();
    if (pid == 0) {
        silt_mapping_remove(0x600000000000, 5 * PAGE);
        silt_mapping_add(0x610000000000, PAGE, 2);
        silt_note_trim();
        silt_core_leave(SILT_LEAVING_EXIT);
        _exit(0);
    }
    expect_clean_end(pid);
    say_process();
    say("mapping 600000000000 60000000a000 1");
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}

/// A block over a leaf's end, booked by the fast path and unbooked by the slow one, until the two counters that take
/// its last 32 bytes stand at 32768 and -32768, which are the same 16 bits. The first time the slow path books it, too.
void spilled(const struct request *request) {
    start(request);
    uintptr_t at = 0x50000800000 - 16;
    for (int i = 0; i < 1025; i++) {
        book(at, 48, false, true);
        silt_book_slow(at, 48, SILT_BOOK_FREE);
    }
    struct child child = make_child(fork, 1, 0, true);
    say_process();
    ready();
    end_children(&child, 1);
    silt_core_leave(SILT_LEAVING_EXIT);
}

static pid_t clone_into_namespace(void) {
    return (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, 0);
}

/// Numbers: seed. The first process of a namespace makes the first one of another: both have pid 1. Needs root.
void cloned_as_first(const struct request *request) {
    if (unshare(CLONE_NEWPID) != 0) {
        say("say not permitted");
        return ready();
    }
    pid_t first = fork();
    if (first == 0) {
        start(request);
        uint64_t random = request->numbers[0] + 1;
        for (int i = 0; i < 1000; i++) change_random_block(&random);
        pid_t idle = clone_into_namespace();
        if (idle == 0) {
            silt_core_leave(SILT_LEAVING_EXIT);
            _exit(0);
        }
        expect_clean_end(idle);
        struct child child = make_child(clone_into_namespace, random, 1000, true);
        say_process();
        say_blocks();
        ready();
        end_children(&child, 1);
        silt_core_leave(SILT_LEAVING_EXIT);
        _exit(0);
    }
    expect_clean_end(first);
}

static int book_and_leave(void *seed) {
    for (int i = 0; i < 5000; i++) change_random_block(seed);
    silt_core_leave(SILT_LEAVING_EXIT); // not the process whose books these are: nothing happens
    return 0;
}

/// A child in its parent's memory, as vfork and posix_spawn make one: what it books is its parent's.
void vforked(const struct request *request) {
    start(request);
    uint64_t random = request->numbers[0] + 1;
    for (int i = 0; i < 5000; i++) change_random_block(&random);
    char *stack = malloc(256 * KIB);
    pid_t pid = clone(book_and_leave, stack + 256 * KIB, CLONE_VM | CLONE_VFORK | SIGCHLD, &random);
    waitpid(pid, NULL, 0);
    for (int i = 0; i < 5000; i++) change_random_block(&random);
    say_process();
    say_blocks();
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}
