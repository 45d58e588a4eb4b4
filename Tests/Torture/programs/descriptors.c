/// Closes every descriptor and opens files of its own under the same numbers: nobody else may write into them.
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "torture.h"

#define FILES 64

static int stop;

static void *allocate(void *number) {
    uint64_t state = torture_seed((uintptr_t)number, 1);
    void *blocks[64] = {0};
    size_t sizes[64] = {0};
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        size_t at = torture_next(&state) % 64;
        if (blocks[at]) drop(blocks[at], sizes[at], (uint8_t)at);
        blocks[at] = make(sizes[at] = 1 + torture_next(&state) % 300000, (uint8_t)at);
    }
    return NULL;
}

/// How many descriptors this process has open.
static int open_descriptors(void) {
    int open = 0;
    for (int number = 0; number < 1024; number++) open += fcntl(number, F_GETFD) >= 0;
    return open;
}

int main(int count, char **values) {
    REQUIRE(count == 2 && chdir(values[1]) == 0);
    say("%d open\n", open_descriptors());
    int out = fcntl(1, F_DUPFD, 900);
    for (int number = 0; number < 900; number++) close(number);
    char name[32];
    for (int number = 0; number < FILES; number++) {
        snprintf(name, sizeof name, "own-%d", number);
        REQUIRE(open(name, O_RDWR | O_CREAT | O_TRUNC, 0600) == number);
    }
    pthread_t threads[2];
    for (uintptr_t i = 0; i < 2; i++) pthread_create(&threads[i], NULL, allocate, (void *)i);
    for (int i = 0; i < 50; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            drop(make(100000, 1), 100000, 1);
            if (i % 2) _exit(open_descriptors() == FILES + 1 ? 5 : 6);
            exit(open_descriptors() == FILES + 1 ? 5 : 6);
        }
        int status;
        REQUIRE(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 5);
    }
    stop = 1;
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    long changed = 0;
    for (int number = 0; number < FILES; number++) {
        struct stat status;
        snprintf(name, sizeof name, "own-%d", number);
        if (fstat(number, &status) != 0 || status.st_size != 0 || lseek(number, 0, SEEK_CUR) != 0) changed++;
        struct stat named;
        if (stat(name, &named) != 0 || named.st_ino != status.st_ino) changed++;
    }
    dup2(out, 1);
    say("%ld files changed\n", changed);
    return 0;
}
