/// Limits that a program sets itself: RLIMIT_AS counts addresses, and the segment reserves many for a heap that may
/// grow.
#include <sys/resource.h>
#include <unistd.h>

#include "../core/core.h"
#include "real.h"

// On 64 bit, struct rlimit64 is struct rlimit, and each of these names has a twin
// (sysdeps/unix/sysv/linux/setrlimit64.c).
_Static_assert(sizeof(rlim_t) == sizeof(long), "64 bit");
#undef setrlimit
#undef prlimit

static int limit(pid_t pid, int resource, const struct rlimit *wanted, struct rlimit *before) {
    silt_real_resolve();
    // Also when the call fails then: less room for a heap of hundreds of gibibytes is all that is lost.
    if (resource == RLIMIT_AS && wanted && wanted->rlim_cur != RLIM_INFINITY && (pid == 0 || pid == getpid()))
        silt_core_make_room(wanted->rlim_cur);
    return silt_real.prlimit64(pid, resource, wanted, before);
}

SILT_EXPORT int setrlimit(__rlimit_resource_t resource, const struct rlimit *wanted) {
    return limit(0, (int)resource, wanted, NULL);
}

SILT_EXPORT int setrlimit64(__rlimit_resource_t resource, const struct rlimit64 *wanted) {
    return limit(0, (int)resource, (const struct rlimit *)wanted, NULL);
}

SILT_EXPORT int prlimit(pid_t pid, enum __rlimit_resource resource, const struct rlimit *wanted,
                        struct rlimit *before) {
    return limit(pid, (int)resource, wanted, before);
}

SILT_EXPORT int prlimit64(pid_t pid, enum __rlimit_resource resource, const struct rlimit64 *wanted,
                          struct rlimit64 *before) {
    return limit(pid, (int)resource, (const struct rlimit *)wanted, (struct rlimit *)before);
}
