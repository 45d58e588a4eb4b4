/// The end of a process, or of its program: waiting for the last reading, bounded, only while a reader wants it.
#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "history.h"
#include "run.h"
#include "state.h"

static bool grew_beyond_floor(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 && (uint64_t)usage.ru_maxrss * 1024 >= silt_core.run_floor;
}

/// Says which segment is about to end, and waits until the reader hangs up: when it has read, or when it dies.
static void wait_where_wanted(enum silt_leaving how) {
    if (silt_core.run[0] == 0 || !grew_beyond_floor()) return;
    int run = silt_run_connect();
    if (run < 0) return;
    __atomic_store_n(&silt_core.header->leaving, how, __ATOMIC_RELEASE);
    silt_run_say(run, silt_core.name);
}

void silt_core_leave(enum silt_leaving how) {
    if (!silt_run_is_mine()) return;
    int saved = errno;
    silt_history_note(silt_clock());
    wait_where_wanted(how);
    if (how == SILT_LEAVING_EXIT) silt_segment_unlink();
    errno = saved;
}

void silt_core_stay(void) {
    if (!silt_run_is_mine()) return;
    __atomic_store_n(&silt_core.header->leaving, SILT_LEAVING_NOT, __ATOMIC_RELEASE);
}
