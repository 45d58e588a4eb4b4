/// Linux calls that Swift cannot make itself: variadic ones, and those newer than Debian 12's headers.
///
/// One contract for all of them, and for csystem_process.h: the result is what the kernel gave, or `-errno`; a call
/// that a signal interrupted is made again.
#ifndef SILT_CSYSTEM_H
#define SILT_CSYSTEM_H

#include <stddef.h>
#include <stdint.h>

// Files ------------------------------------------------------------------------------------------------------------

int csystem_open(const char *path, int flags, unsigned mode);
int csystem_openat(int directory, const char *path, int flags);
/// openat2(2) with `resolve` of `linux/openat2.h`.
int csystem_openat2(int directory, const char *path, uint64_t flags, uint64_t resolve);
void csystem_close(int descriptor);
int64_t csystem_read(int descriptor, void *bytes, size_t count);
int64_t csystem_pread(int descriptor, void *bytes, size_t count, int64_t offset);
int64_t csystem_write(int descriptor, const void *bytes, size_t count);
int csystem_flock(int descriptor, int operation);

/// What fstat(2) tells, in types of one width.
struct csystem_status {
    int64_t size;
    uint64_t inode;
    uint32_t device_major;
    uint32_t device_minor;
    uint32_t mode;
    uint32_t uid;
    uint32_t link_count;
};
int csystem_fstat(int descriptor, struct csystem_status *status);

/// Fills `numbers` with the names in a directory that are decimal numbers, and returns how many there are, which may
/// be more than `capacity`.
int64_t csystem_numeric_names(int directory, int32_t *numbers, size_t capacity);

// Memory of another process ----------------------------------------------------------------------------------------

/// A range in the other process: `struct iovec` with the address as a number.
struct csystem_range {
    uint64_t start;
    uint64_t count;
};
/// The most ranges of one call: UIO_MAXIOV (include/uapi/linux/uio.h).
enum { CSYSTEM_MAX_RANGES = 1024 };
/// move_pages(2) without a place to move to: what the page at each address is, the number of a node or -errno.
int64_t csystem_page_states(int32_t pid, const uint64_t *addresses, int32_t *states, size_t count);

/// process_vm_readv(2) from `ranges`, one after the other, to `bytes`; `range_count` at most CSYSTEM_MAX_RANGES.
int64_t csystem_process_vm_readv(
    int pid, void *bytes, size_t capacity, const struct csystem_range *ranges, size_t range_count);

// PAGEMAP_SCAN -----------------------------------------------------------------------------------------------------
// Since Linux 6.7. Names, layout and values are those of include/uapi/linux/fs.h, which Debian 12 has without them.

enum {
    CSYSTEM_PAGE_IS_WPALLOWED = 1 << 0,
    CSYSTEM_PAGE_IS_WRITTEN = 1 << 1,
    CSYSTEM_PAGE_IS_FILE = 1 << 2,
    CSYSTEM_PAGE_IS_PRESENT = 1 << 3,
    CSYSTEM_PAGE_IS_SWAPPED = 1 << 4,
    CSYSTEM_PAGE_IS_PFNZERO = 1 << 5,
    CSYSTEM_PAGE_IS_HUGE = 1 << 6,
    CSYSTEM_PAGE_IS_SOFT_DIRTY = 1 << 7,
    /// Since Linux 6.15; older kernels answer EINVAL to it.
    CSYSTEM_PAGE_IS_GUARD = 1 << 8,
};

/// `struct page_region`.
struct csystem_page_region {
    uint64_t start;
    uint64_t end;
    uint64_t categories;
};

/// `struct pm_scan_arg`.
struct csystem_pm_scan_arg {
    uint64_t size;
    uint64_t flags;
    uint64_t start;
    uint64_t end;
    uint64_t walk_end;
    uint64_t vec;
    uint64_t vec_len;
    uint64_t max_pages;
    uint64_t category_inverted;
    uint64_t category_mask;
    uint64_t category_anyof_mask;
    uint64_t return_mask;
};
/// ioctl(PAGEMAP_SCAN) on `/proc/PID/pagemap`; sets `size` and `vec`, and returns how many regions were filled.
int64_t csystem_pagemap_scan(int descriptor, struct csystem_pm_scan_arg *argument, struct csystem_page_region *regions);

// Stopping threads -------------------------------------------------------------------------------------------------

/// PTRACE_SEIZE without options: no event is reported but stops, and the kernel frees the thread if we die.
int csystem_ptrace_seize(int thread);
int csystem_ptrace_interrupt(int thread);
/// PTRACE_DETACH, delivering `signal` if it is not 0.
int csystem_ptrace_detach(int thread, int signal);

enum csystem_stop {
    /// Nothing to report yet.
    CSYSTEM_STOP_NONE = 0,
    /// Stopped by PTRACE_INTERRUPT, or in a group stop.
    CSYSTEM_STOP_TRAP = 1,
    /// Stopped on the delivery of a signal, which is lost unless it is handed back.
    CSYSTEM_STOP_SIGNAL = 2,
    /// The thread has ended.
    CSYSTEM_STOP_EXIT = 3,
};
/// Looks, without waiting and without consuming it, at the state of a thread that the calling thread has seized:
/// one of `enum csystem_stop`, or -errno (-ECHILD: not a tracee any more). `signal` is set for CSYSTEM_STOP_SIGNAL.
int csystem_peek_stop(int thread, int *signal);

/// PTRACE_GETREGSET of a stopped thread that the calling thread traces: fills `bytes` and returns how many came. `set` is
/// NT_PRSTATUS (1) or NT_X86_XSTATE (0x202) of linux/elf.h.
int64_t csystem_registers(int thread, int set, void *bytes, size_t capacity);

// Threads ----------------------------------------------------------------------------------------------------------

/// Starts a thread that runs `body` with every signal blocked (the program's handlers are none of its business).
/// `thread` is set for csystem_join_thread, which has to be called once.
int csystem_start_thread(uint64_t *thread, void (*body)(void *), void *context);
void csystem_join_thread(uint64_t thread);

// Processes and clocks ---------------------------------------------------------------------------------------------

int csystem_kill(int pid, int signal);
/// get_robust_list(2): the address of the thread's list head in its own memory to `head`, 0 for none.
int csystem_robust_list_head(int thread, uint64_t *head);
/// clock_gettime(2) in nanoseconds.
int64_t csystem_clock(int clock);
int64_t csystem_sysconf(int name);
void csystem_sleep(int64_t nanoseconds);

#endif
