/// What the supervisor of a command needs of Linux; the contract is that of csystem.h.
#ifndef SILT_CSYSTEM_PROCESS_H
#define SILT_CSYSTEM_PROCESS_H

#include <stddef.h>
#include <stdint.h>

// Signals ----------------------------------------------------------------------------------------------------------
// A set of signals is a number: signal N is bit N - 1, as in the kernel's own sigset_t.

/// Blocks `signals` in the calling thread; `before` is the mask as it was.
int csystem_block_signals(uint64_t signals, uint64_t *before);
/// Makes `mask` the calling thread's.
int csystem_set_signal_mask(uint64_t mask);
/// Gives a signal its default action.
int csystem_default_signal(int signal);
/// A descriptor, not blocking, that reads the blocked `signals`.
int csystem_signalfd(uint64_t signals);

struct csystem_signal {
    int32_t number;
    /// `si_code`: SI_KERNEL (0x80) where no process sent it.
    int32_t code;
    /// The sender, 0 for none.
    uint32_t sender;
};
/// Takes one signal from a signalfd; -EAGAIN where there is none.
int csystem_read_signal(int descriptor, struct csystem_signal *signal);
/// Ends the calling process by `signal`, without a core dump. Returns only where that signal does not end a process.
void csystem_die_of(int signal);

// Children ---------------------------------------------------------------------------------------------------------

/// posix_spawnp(3) with `mask` as the child's signal mask; the pid.
int csystem_spawn(const char *file, char *const arguments[], char *const environment[], uint64_t mask);

enum csystem_end { CSYSTEM_END_NONE = 0, CSYSTEM_END_EXITED = 1, CSYSTEM_END_SIGNALED = 2 };
/// Looks whether a child has ended, and reaps it: one of `enum csystem_end`; `value` is its status or its signal.
int csystem_reap(int pid, int *value);

// Unix sockets -----------------------------------------------------------------------------------------------------

/// The longest path of a socket, without its NUL: unix(7).
enum { CSYSTEM_SOCKET_PATH_MAX = 107 };
/// A listening stream socket at `path`, not blocking; -ENAMETOOLONG where the path does not fit.
int csystem_listen(const char *path);
/// A stream socket that is connected to the one at `path`, not blocking from then on; -ENAMETOOLONG where the path does not fit.
int csystem_connect(const char *path);
/// Sends bytes without a signal where nobody receives any more.
int64_t csystem_send(int connection, const void *bytes, size_t count);
/// The next connection, not blocking; -EAGAIN where there is none.
int csystem_accept(int listener);
/// The process that connected (SO_PEERCRED), as this one's PID namespace numbers it; 0 for one outside of it.
int csystem_peer(int connection, int *pid);

struct csystem_ready {
    int32_t descriptor;
    /// Set where it can be read, or has hung up.
    int32_t is_ready;
};
/// Waits until one of them is ready, a signal comes, or `nanoseconds` have passed; how many are ready.
int csystem_poll(struct csystem_ready *descriptors, size_t count, int64_t nanoseconds);

// Directories ------------------------------------------------------------------------------------------------------

/// mkdtemp(3): replaces the XXXXXX at the end of `path`.
int csystem_make_directory(char *path);
/// Fills `bytes` with the names in a directory but "." and "..", each with its NUL, and returns how many bytes they
/// take, which may be more than `capacity`.
int64_t csystem_names(int directory, char *bytes, size_t capacity);
/// unlinkat(2); `flags` may be AT_REMOVEDIR.
int csystem_unlink(int directory, const char *name, int flags);
int csystem_remove_directory(const char *path);
/// The time of the last change of an open file, in nanoseconds since 1970.
int64_t csystem_changed(int descriptor);
/// Sets that time to 1970.
int csystem_reset_changed(int descriptor);

#endif
