/// launch OUTPUT NAME=VALUE... -- COMMAND...: runs a command with these variables set, and writes what it used to
/// OUTPUT: its status, user and system seconds, and peak RSS in KiB.
///
/// A peak outlives exec (fs/exec.c, exec_mmap keeps the old memory's in signal->maxrss), so that a command started by
/// Python itself would never be seen to take less than Python. This program is small.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **arguments) {
    int command = 2;
    while (command < count && strcmp(arguments[command], "--") != 0) command++;
    if (command + 1 >= count) return 2;
    pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) {
        for (int i = 2; i < command; i++) putenv(arguments[i]);
        execvp(arguments[command + 1], arguments + command + 1);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) != child) return 1;
    FILE *output = fopen(arguments[1], "w");
    if (!output) return 1;
    fprintf(output, "%d %ld.%06ld %ld.%06ld %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
            (long)usage.ru_utime.tv_sec, (long)usage.ru_utime.tv_usec, (long)usage.ru_stime.tv_sec,
            (long)usage.ru_stime.tv_usec, usage.ru_maxrss);
    return fclose(output) == 0 ? 0 : 1;
}
