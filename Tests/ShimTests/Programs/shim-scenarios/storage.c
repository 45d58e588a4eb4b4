/// Where the segment finds no room, and what is left behind.
#include <errno.h>
#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenarios.h"

/// A block in each of many leaves, so that the segment wants a page for each.
static void spread(unsigned leaves) {
    for (unsigned i = 0; i < leaves; i++) book(0x20000000008 + i * 8 * MIB, 64, false, true);
}

static void fork_and_wait(void) {
    pid_t pid = fork();
    if (pid == 0) {
        spread(1000);
        silt_core_leave(SILT_LEAVING_EXIT);
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    if (status != 0) say("say child ended with %x", (unsigned)status);
}

/// Numbers: KiB of the file system. On a tmpfs of the process's own, which fills up.
void full(const struct request *request) {
    char size[32];
    snprintf(size, sizeof size, "size=%luk", (unsigned long)request->numbers[0]);
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", request->directory, "tmpfs", 0, size) != 0) {
        say("say not permitted: %s", strerror(errno));
        ready();
        return;
    }
    start(request);
    spread(1000);
    fork_and_wait();
    for (unsigned i = 0; i < 1000; i++) silt_mapping_add(0x30000000000 + i * 2 * PAGE, PAGE, 1);
    for (unsigned i = 0; i < 1000; i++) book(0x40000000000 + i * MIB, PAGE, true, true);
    say_process();
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}

/// Numbers: resource, limit in bytes. The books may be small or missing; the process must not notice.
void limited(const struct request *request) {
    struct rlimit limit = {request->numbers[1], request->numbers[1]};
    if (setrlimit((int)request->numbers[0], &limit) != 0) abort();
    start(request);
    say("say %s", silt_core_is_on() ? "on" : "off");
    spread(1000);
    silt_mapping_add(0x30000000000, PAGE, 1);
    fork_and_wait();
    say_process();
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}

/// Numbers: bytes of chunks of their own, freed one after another; a 0 says `mallopt(M_MMAP_THRESHOLD, 64 KiB)`.
void thresholds(const struct request *request) {
    start(request);
    for (int i = 0; i < 4; i++)
        if (request->numbers[i])
            silt_note_threshold(request->numbers[i], 0x1000 + (unsigned)i);
        else
            silt_note_setting(M_MMAP_THRESHOLD, 64 * KIB);
    say_process();
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}

/// Starts, with errno kept, and waits: to be killed, or to end in order.
void holding(const struct request *request) {
    errno = 4711;
    start(request);
    say("say errno %s", errno == 4711 ? "kept" : "changed");
    spread(3);
    silt_mapping_add(0x30000000000, PAGE, 1);
    silt_mapping_remove(0x30000000000, PAGE);
    say("say errno %s", errno == 4711 ? "kept" : "changed");
    say_process();
    for (unsigned i = 0; i < 3; i++) say("block %lx 64", 0x20000000008 + i * 8 * MIB);
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}
