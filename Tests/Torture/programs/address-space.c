/// Under RLIMIT_AS, of its caller's or of its own making: the addresses are the program's. Without descriptors, it
/// forks.
///
/// usage: address-space inherited|setrlimit|prlimit|descriptors LIMIT_MIB USED_MIB
#include <sys/resource.h>
#include <sys/wait.h>

#include "torture.h"

static void without_descriptors(void) {
    REQUIRE(setrlimit(RLIMIT_NOFILE, &(struct rlimit){3, 3}) == 0);
    for (int i = 0; i < 20; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            drop(make(50000, 1), 50000, 1);
            exit(4);
        }
        int status;
        REQUIRE(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 4);
    }
}

int main(int count, char **values) {
    REQUIRE(count == 4);
    long used = argument(count, values, 3, 0);
    struct rlimit limit = {.rlim_cur = (rlim_t)argument(count, values, 2, 0) << 20, .rlim_max = RLIM_INFINITY};
    void **blocks = make((size_t)used * sizeof(void *), 0);
    if (strcmp(values[1], "descriptors") == 0) without_descriptors();
    if (strcmp(values[1], "setrlimit") == 0) REQUIRE(setrlimit(RLIMIT_AS, &limit) == 0);
    if (strcmp(values[1], "prlimit") == 0) REQUIRE(prlimit(getpid(), RLIMIT_AS, &limit, NULL) == 0);
    for (long i = 0; i < used; i++) {
        blocks[i] = malloc((1 << 20) - 4096); // 1 MiB each, with its header
        if (!blocks[i]) {
            say("only %ld MiB of %ld\n", i, used);
            return 1;
        }
    }
    REQUIRE(malloc((size_t)limit.rlim_cur) == NULL);
    for (long i = 0; i < used; i++) free(blocks[i]);
    say("used %ld MiB\n", used);
    return 0;
}
