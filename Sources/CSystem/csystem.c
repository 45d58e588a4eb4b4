#define _GNU_SOURCE
#include "csystem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(struct csystem_pm_scan_arg) == 96, "struct pm_scan_arg of include/uapi/linux/fs.h");
_Static_assert(sizeof(struct csystem_page_region) == 24, "struct page_region of include/uapi/linux/fs.h");
_Static_assert(sizeof(void *) == 8, "addresses of the other process are taken for pointers of our own");

/// The result of `call`, made again while a signal interrupts it, or -errno.
#define RETRIED(call)                                                                                                  \
    ({                                                                                                                 \
        __typeof__(call) result_;                                                                                      \
        do {                                                                                                           \
            result_ = (call);                                                                                          \
        } while (result_ == -1 && errno == EINTR);                                                                     \
        result_ == -1 ? (__typeof__(result_)) - errno : result_;                                                       \
    })

int csystem_open(const char *path, int flags, unsigned mode) { return RETRIED(open(path, flags, mode)); }

int csystem_openat(int directory, const char *path, int flags) { return RETRIED(openat(directory, path, flags)); }

int csystem_openat2(int directory, const char *path, uint64_t flags, uint64_t resolve) {
    struct open_how how = {.flags = flags, .resolve = resolve};
    // EAGAIN: a rename happened while ".." was resolved (fs/namei.c, handle_dots). A hostile root may go on renaming.
    for (int attempt = 0;; attempt++) {
        long result = RETRIED(syscall(SYS_openat2, directory, path, &how, sizeof how));
        if (result != -EAGAIN || attempt == 16) return (int)result;
    }
}

// Not made again: Linux frees the descriptor even where close(2) says EINTR.
void csystem_close(int descriptor) { close(descriptor); }

int64_t csystem_read(int descriptor, void *bytes, size_t count) { return RETRIED(read(descriptor, bytes, count)); }

int64_t csystem_pread(int descriptor, void *bytes, size_t count, int64_t offset) {
    return RETRIED(pread(descriptor, bytes, count, offset));
}

int64_t csystem_write(int descriptor, const void *bytes, size_t count) {
    return RETRIED(write(descriptor, bytes, count));
}

int csystem_flock(int descriptor, int operation) { return RETRIED(flock(descriptor, operation)); }

int csystem_fstat(int descriptor, struct csystem_status *status) {
    struct stat found;
    if (fstat(descriptor, &found) == -1) return -errno;
    *status = (struct csystem_status){
        .size = found.st_size,
        .inode = found.st_ino,
        .device_major = major(found.st_dev),
        .device_minor = minor(found.st_dev),
        .mode = found.st_mode,
        .uid = found.st_uid,
        .link_count = (uint32_t)found.st_nlink,
    };
    return 0;
}

int64_t csystem_numeric_names(int directory, int32_t *numbers, size_t capacity) {
    // Opened anew: the position in a directory belongs to the open file, which a duplicate would share.
    int own = RETRIED(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (own < 0) return own;
    DIR *stream = fdopendir(own);
    if (stream == NULL) {
        int error = errno;
        close(own);
        return -error;
    }
    size_t count = 0;
    struct dirent *entry;
    while (errno = 0, (entry = readdir(stream)) != NULL) {
        char *end;
        long number = strtol(entry->d_name, &end, 10);
        if (end == entry->d_name || *end != '\0') continue;
        if (count < capacity) numbers[count] = (int32_t)number;
        count++;
    }
    int error = errno;
    closedir(stream);
    return error != 0 ? -error : (int64_t)count;
}

int64_t csystem_page_states(int32_t pid, const uint64_t *addresses, int32_t *states, size_t count) {
    return RETRIED(syscall(SYS_move_pages, (long)pid, count, addresses, NULL, states, 0L));
}

int64_t csystem_process_vm_readv(
    int pid, void *bytes, size_t capacity, const struct csystem_range *ranges, size_t range_count) {
    struct iovec local = {.iov_base = bytes, .iov_len = capacity};
    struct iovec remote[CSYSTEM_MAX_RANGES];
    for (size_t index = 0; index < range_count; index++) {
        remote[index] =
            (struct iovec){.iov_base = (void *)(uintptr_t)ranges[index].start, .iov_len = ranges[index].count};
    }
    return RETRIED(process_vm_readv(pid, &local, 1, remote, range_count, 0));
}

int64_t csystem_pagemap_scan(
    int descriptor, struct csystem_pm_scan_arg *argument, struct csystem_page_region *regions) {
    argument->size = sizeof *argument;
    argument->vec = (uintptr_t)regions;
    return RETRIED(ioctl(descriptor, _IOWR('f', 16, struct csystem_pm_scan_arg), argument));
}

int csystem_ptrace_seize(int thread) { return ptrace(PTRACE_SEIZE, thread, NULL, NULL) == -1 ? -errno : 0; }

int csystem_ptrace_interrupt(int thread) { return ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) == -1 ? -errno : 0; }

int csystem_ptrace_detach(int thread, int signal) {
    return ptrace(PTRACE_DETACH, thread, NULL, (void *)(uintptr_t)signal) == -1 ? -errno : 0;
}

int csystem_peek_stop(int thread, int *signal) {
    siginfo_t info = {.si_pid = 0};
    int options = WSTOPPED | WEXITED | WNOWAIT | WNOHANG | __WALL | __WNOTHREAD;
    int result = RETRIED(waitid(P_PID, (id_t)thread, &info, options));
    if (result < 0) return result;
    if (info.si_pid == 0) return CSYSTEM_STOP_NONE;
    if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED) return CSYSTEM_STOP_EXIT;
    // Of a tracee, the status is the exit code whole (kernel/exit.c, wait_task_stopped): the event above 8 bits of
    // signal. A seized thread has no event only in the delivery of a signal (ptrace(2), "Group-stop").
    if (info.si_status >> 8 != 0) return CSYSTEM_STOP_TRAP;
    *signal = info.si_status & 0xff;
    return CSYSTEM_STOP_SIGNAL;
}

int64_t csystem_registers(int thread, int set, void *bytes, size_t capacity) {
    struct iovec place = {.iov_base = bytes, .iov_len = capacity};
    if (ptrace(PTRACE_GETREGSET, thread, (void *)(uintptr_t)set, &place) == -1) return -errno;
    return (int64_t)place.iov_len;
}

struct thread_start {
    void (*body)(void *);
    void *context;
};

static void *run_thread(void *argument) {
    struct thread_start start = *(struct thread_start *)argument;
    free(argument);
    start.body(start.context);
    return NULL;
}

int csystem_start_thread(uint64_t *thread, void (*body)(void *), void *context) {
    struct thread_start *start = malloc(sizeof *start);
    if (start == NULL) return -ENOMEM;
    *start = (struct thread_start){.body = body, .context = context};
    sigset_t all, before;
    sigfillset(&all);
    // A new thread inherits the mask.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t created;
    int error = pthread_create(&created, NULL, run_thread, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        free(start);
        return -error;
    }
    *thread = created;
    return 0;
}

void csystem_join_thread(uint64_t thread) { pthread_join(thread, NULL); }

int csystem_kill(int pid, int signal) { return kill(pid, signal) == -1 ? -errno : 0; }

int csystem_robust_list_head(int thread, uint64_t *head) {
    void *address = NULL;
    size_t bytes = 0;
    int result = syscall(SYS_get_robust_list, thread, &address, &bytes) == -1 ? -errno : 0;
    *head = (uintptr_t)address;
    return result;
}

int64_t csystem_clock(int clock) {
    struct timespec now;
    if (clock_gettime(clock, &now) == -1) return -errno;
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t csystem_sysconf(int name) { return sysconf(name); }

void csystem_sleep(int64_t nanoseconds) {
    struct timespec span = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    nanosleep(&span, NULL);
}
