#define _GNU_SOURCE
#include "csystem_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(((struct sockaddr_un *)0)->sun_path) == CSYSTEM_SOCKET_PATH_MAX + 1, "sun_path of unix(7)");

static int result_or_errno(int result) { return result == -1 ? -errno : result; }

static sigset_t set_of(uint64_t bits) {
    sigset_t set;
    sigemptyset(&set);
    // Two that glibc keeps for itself are refused, which is right.
    for (int signal = 1; signal <= 64; signal++)
        if (bits >> (signal - 1) & 1) sigaddset(&set, signal);
    return set;
}

int csystem_block_signals(uint64_t signals, uint64_t *before) {
    sigset_t set = set_of(signals), old;
    int error = pthread_sigmask(SIG_BLOCK, &set, &old);
    if (error != 0) return -error;
    *before = 0;
    for (int signal = 1; signal <= 64; signal++)
        if (sigismember(&old, signal) == 1) *before |= UINT64_C(1) << (signal - 1);
    return 0;
}

int csystem_set_signal_mask(uint64_t mask) {
    sigset_t set = set_of(mask);
    return -pthread_sigmask(SIG_SETMASK, &set, NULL);
}

int csystem_default_signal(int number) { return signal(number, SIG_DFL) == SIG_ERR ? -errno : 0; }

int csystem_signalfd(uint64_t signals) {
    sigset_t set = set_of(signals);
    return result_or_errno(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

int csystem_read_signal(int descriptor, struct csystem_signal *signal) {
    struct signalfd_siginfo info;
    ssize_t count = read(descriptor, &info, sizeof info);
    if (count < 0) return -errno;
    *signal = (struct csystem_signal){
        .number = (int32_t)info.ssi_signo, .code = info.ssi_code, .sender = info.ssi_code <= 0 ? info.ssi_pid : 0};
    return 0;
}

void csystem_die_of(int number) {
    // Both: a core_pattern that is a pipe does not heed a limit of 0 (fs/coredump.c).
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    prctl(PR_SET_DUMPABLE, 0);
    signal(number, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    // First: a pending signal of another number must not come before this one.
    kill(getpid(), number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int csystem_spawn(const char *file, char *const arguments[], char *const environment[], uint64_t mask) {
    posix_spawnattr_t attributes;
    int error = posix_spawnattr_init(&attributes);
    if (error != 0) return -error;
    sigset_t set = set_of(mask);
    pid_t pid = -1;
    error = posix_spawnattr_setsigmask(&attributes, &set);
    if (error == 0) error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    if (error == 0) error = posix_spawnp(&pid, file, NULL, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    return error != 0 ? -error : pid;
}

int csystem_reap(int pid, int *value) {
    int status;
    pid_t found = waitpid(pid, &status, WNOHANG);
    if (found < 0) return -errno;
    if (found == 0) return CSYSTEM_END_NONE;
    *value = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    return WIFSIGNALED(status) ? CSYSTEM_END_SIGNALED : CSYSTEM_END_EXITED;
}

int csystem_listen(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) > CSYSTEM_SOCKET_PATH_MAX) return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0) return -errno;
    // Who finds the backlog full is not waited for. The kernel cuts it to net.core.somaxconn.
    if (bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 1 << 16) == 0)
        return listener;
    int error = errno;
    close(listener);
    return -error;
}

int csystem_connect(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) > CSYSTEM_SOCKET_PATH_MAX) return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0) return -errno;
    if (connect(connection, (struct sockaddr *)&address, sizeof address) == 0 &&
        fcntl(connection, F_SETFL, O_NONBLOCK) == 0)
        return connection;
    int error = errno;
    close(connection);
    return -error;
}

int64_t csystem_send(int connection, const void *bytes, size_t count) {
    return result_or_errno(send(connection, bytes, count, MSG_NOSIGNAL));
}

int csystem_accept(int listener) {
    return result_or_errno(accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

int csystem_peer(int connection, int *pid) {
    struct ucred credentials;
    socklen_t size = sizeof credentials;
    if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == -1) return -errno;
    *pid = credentials.pid;
    return 0;
}

int csystem_poll(struct csystem_ready *descriptors, size_t count, int64_t nanoseconds) {
    struct pollfd *polled = calloc(count, sizeof *polled);
    if (polled == NULL) return -ENOMEM;
    for (size_t index = 0; index < count; index++)
        polled[index] = (struct pollfd){.fd = descriptors[index].descriptor, .events = POLLIN};
    struct timespec span = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    int found = ppoll(polled, count, &span, NULL);
    int error = errno;
    for (size_t index = 0; index < count; index++)
        descriptors[index].is_ready = found > 0 && polled[index].revents != 0;
    free(polled);
    if (found == -1) return error == EINTR ? 0 : -error;
    return found;
}

int csystem_make_directory(char *path) { return mkdtemp(path) == NULL ? -errno : 0; }

int64_t csystem_names(int directory, char *bytes, size_t capacity) {
    // Opened anew: the position in a directory belongs to the open file, which a duplicate would share.
    int own = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (own < 0) return -errno;
    DIR *stream = fdopendir(own);
    if (stream == NULL) {
        int error = errno;
        close(own);
        return -error;
    }
    size_t filled = 0;
    struct dirent *entry;
    while (errno = 0, (entry = readdir(stream)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        size_t count = strlen(entry->d_name) + 1;
        if (filled + count <= capacity) memcpy(bytes + filled, entry->d_name, count);
        filled += count;
    }
    int error = errno;
    closedir(stream);
    return error != 0 ? -error : (int64_t)filled;
}

int csystem_unlink(int directory, const char *name, int flags) {
    return result_or_errno(unlinkat(directory, name, flags));
}

int csystem_remove_directory(const char *path) { return result_or_errno(rmdir(path)); }

int64_t csystem_changed(int descriptor) {
    struct stat found;
    if (fstat(descriptor, &found) == -1) return -errno;
    return (int64_t)found.st_mtim.tv_sec * 1000000000 + found.st_mtim.tv_nsec;
}

int csystem_reset_changed(int descriptor) {
    struct timespec epoch[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 0}};
    return result_or_errno(futimens(descriptor, epoch));
}
