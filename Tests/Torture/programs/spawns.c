/// The other ways to start a process: vfork, posix_spawn, system, popen, and clones that share memory or copy it.
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "torture.h"

extern char **environ;
static const char *self;

static int ended(pid_t pid) {
    int status = -1;
    REQUIRE(pid > 0 && waitpid(pid, &status, __WALL) == pid);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void *shared_block;

/// Shares the parent's memory and heap: what it allocates is the parent's.
static int in_shared_memory(void *argument) {
    (void)argument;
    shared_block = make(4000, 8);
    void *own = make(200000, 9);
    drop(own, 200000, 9);
    _exit(21);
}

static void vforks(void) {
    for (volatile int i = 0; i < 300; i++) {
        pid_t pid = vfork();
        if (pid == 0) {
            if (i % 3 == 0) _exit(11);
            if (i % 3 == 1) execl("/no/such/program", "none", NULL);
            else execl(self, self, "7", NULL);
            _exit(12);
        }
        REQUIRE(ended(pid) == (i % 3 == 0 ? 11 : i % 3 == 1 ? 12 : 7));
    }
    checkpoint("vforked");
}

static void spawns(void) {
    for (int i = 0; i < 100; i++) {
        pid_t pid;
        char *arguments[] = {(char *)self, "8", NULL};
        REQUIRE(posix_spawn(&pid, self, NULL, NULL, arguments, environ) == 0);
        REQUIRE(ended(pid) == 8);
        REQUIRE(posix_spawn(&pid, "/no/such/program", NULL, NULL, arguments, environ) != 0);
    }
    checkpoint("spawned");
    for (int i = 0; i < 20; i++) REQUIRE(system("exit 9") == 9 << 8);
    FILE *pipe = popen("echo from a shell", "r");
    char line[100] = "";
    REQUIRE(pipe && fgets(line, sizeof line, pipe) && pclose(pipe) == 0);
    say("%s", line);
    checkpoint("systems");
}

static void clones(void) {
    const size_t stack_bytes = 65536;
    char *stack = make(stack_bytes, 1);
    for (int i = 0; i < 200; i++) {
        // CLONE_VFORK: the parent waits, since both use one thread's storage.
        pid_t pid = clone(in_shared_memory, stack + stack_bytes, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
        REQUIRE(ended(pid) == 21);
        drop(shared_block, 4000, 8);
    }
    checkpoint("clones that share memory");
    void *before = make(500, 2);
    for (int i = 0; i < 20; i++) {
        // No handler runs: the child's libc does not even know that it was forked.
        pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
        if (pid == 0) {
            drop(before, 500, 2);
            void *own = make(300, 3);
            if (i == 0) {
                static char label[] = "raw clone";
                say("check %ld %s %lld %lld 0 0\n", syscall(SYS_getpid), label, (long long)known_bytes,
                    (long long)known_blocks);
                char answer;
                while (read(0, &answer, 1) == 1 && answer != '\n') {}
            }
            drop(own, 300, 3);
            _exit(23);
        }
        REQUIRE(ended(pid) == 23);
    }
    drop(before, 500, 2);
    know(stack, -1);
    free(stack);
    checkpoint("clones that copy it");
}

int main(int count, char **values) {
    self = values[0];
    if (count > 1) return atoi(values[1]);
    checkpoint("start");
    vforks();
    spawns();
    clones();
    return 0;
}
