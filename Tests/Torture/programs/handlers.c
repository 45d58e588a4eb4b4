/// Allocation where few expect it: atfork handlers, constructors, destructors, atexit.
#include <pthread.h>
#include <sys/wait.h>

#include "torture.h"

static void *kept[16];
static int count;

static void use(const char *where) {
    void *block = make(3000, 1);
    void *large = make(300000, 2);
    drop(large, 300000, 2);
    if (count < 16) kept[count++] = block;
    else drop(block, 3000, 1);
    say("%s\n", where);
}

__attribute__((constructor(101))) static void first(void) { use("constructor 101"); }
__attribute__((constructor)) static void second(void) { use("constructor"); }
__attribute__((destructor)) static void last(void) { use("destructor"); }
/// By this the child waits for the parent's handler: which of them runs first is nobody's to say.
static int turn[2];

static void prepare(void) {
    use("prepare");
    REQUIRE(pipe(turn) == 0);
}

static void parent(void) {
    use("parent");
    close(turn[0]);
    close(turn[1]);
}

static void child(void) {
    char none;
    close(turn[1]);
    REQUIRE(read(turn[0], &none, 1) == 0); // the parent has closed it
    close(turn[0]);
    use("child");
}
static void at_exit(void) { use("atexit"); }
static void with_argument(int status, void *argument) {
    use("on_exit");
    say("%d\n", status);
    drop(argument, 50, 7);
}

int main(void) {
    checkpoint("start");
    pthread_atfork(prepare, NULL, NULL);
    pthread_atfork(NULL, parent, NULL);
    pthread_atfork(NULL, NULL, child);
    atexit(at_exit);
    on_exit(with_argument, make(50, 7));
    for (int i = 0; i < 3; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            checkpoint("child");
            exit(3 + i);
        }
        int status;
        REQUIRE(waitpid(pid, &status, 0) == pid);
        say("child ended with %d\n", status);
    }
    checkpoint("end");
    return 9;
}
