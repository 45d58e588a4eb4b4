/// Changes its root, then its user, allocating and forking at each step.
#include <sys/wait.h>

#include "torture.h"

static void use(const char *where) {
    void *block = make(100000, 1);
    pid_t pid = fork();
    if (pid == 0) {
        drop(block, 100000, 1);
        exit(5);
    }
    int status;
    REQUIRE(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 5);
    checkpoint(where);
    drop(block, 100000, 1);
}

int main(int count, char **values) {
    REQUIRE(count == 2);
    use("start");
    REQUIRE(chroot(values[1]) == 0 && chdir("/") == 0);
    use("other root");
    REQUIRE(setgid(65534) == 0 && setuid(65534) == 0);
    use("other user");
    say("done\n");
    return 0;
}
