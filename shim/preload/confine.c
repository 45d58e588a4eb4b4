/// Seccomp: a filter must find that the shim makes no system call that the program's own allocation would not make.
///
/// Watched are the two ways to set a filter: prctl(2), and seccomp(2), which libc has no function for, so that it comes
/// through syscall(2) (libseccomp's way). A filter set by an instruction of the program's own is not seen.
///
/// A filter that was inherited is no reason to stay out: every container has one, and it has let the loader open, map
/// and close files for this very start. What it forbids beyond that fails, and the books stay closed; one that kills
/// for flock, ftruncate, unlinkat or madvise kills a process that preloads this library.
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include "../core/core.h"
#include "real.h"

// linux/prctl.h. The declarations of sys/prctl.h and unistd.h have `...`, through which nothing can be passed on.
#define PR_SET_SECCOMP 22

SILT_EXPORT int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
    silt_real_resolve();
    if (option != PR_SET_SECCOMP) return silt_real.prctl(option, a, b, c, d);
    bool before = silt_core_is_confined();
    silt_core_confine(true);
    int result = silt_real.prctl(option, a, b, c, d);
    if (result < 0) silt_core_confine(before);
    return result;
}

static __attribute__((noinline)) long set_filter(long number, long a, long b, long c, long d, long e, long f) {
    bool before = silt_core_is_confined();
    silt_core_confine(true);
    long result = silt_real.syscall(number, a, b, c, d, e, f);
    if (result < 0) silt_core_confine(before);
    return result;
}

/// Everything else is a jump to libc's: no frame of ours may lie between a program that forks here and its return.
SILT_EXPORT long syscall(long number, long a, long b, long c, long d, long e, long f) {
    bool sets = (number == SYS_seccomp && (a == SECCOMP_SET_MODE_STRICT || a == SECCOMP_SET_MODE_FILTER)) ||
                (number == SYS_prctl && a == PR_SET_SECCOMP);
    if (__builtin_expect(sets, 0)) return set_filter(number, a, b, c, d, e, f);
    return silt_real.syscall(number, a, b, c, d, e, f);
}
