/// SILT_PROOF=1: the process lets itself be read.
///
/// Where Yama's ptrace_scope is 1, only an ancestor may trace a process, or whom the process has named
/// (Documentation/admin-guide/LSM/Yama.rst). So `silt leaks --unreachable PID` needs this there; `silt run` is an
/// ancestor.
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "real.h"

// linux/prctl.h.
#define PR_SET_PTRACER 0x59616d61
#define PR_SET_PTRACER_ANY ((unsigned long)-1)

/// Fails with EINVAL where the kernel is without Yama, and asks for nothing there.
static void allow(void) {
    int saved = errno;
    silt_real.prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    errno = saved;
}

__attribute__((constructor)) static void allow_where_wanted(void) {
    const char *wanted = getenv("SILT_PROOF");
    if (!wanted || strcmp(wanted, "1") != 0 || getauxval(AT_SECURE)) return;
    silt_real_resolve();
    allow();
    // The permission is the process's own: a forked child has to give it anew.
    pthread_atfork(NULL, NULL, allow);
}
