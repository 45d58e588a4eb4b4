/// The end of a process, or of its program: waiting for the last reading, bounded, only while a reader wants it.
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "history.h"
#include "state.h"
#include "text.h"

/// The longest wait for a reader that lives but does not read.
#define WAIT_AT_MOST_MS 10000

static bool grew_beyond_floor(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 && (uint64_t)usage.ru_maxrss * 1024 >= silt_core.run_floor;
}

/// Connects to the run's socket. It answers only while `silt run` lives: a dead one keeps nobody waiting.
static int connect_to_run(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct silt_text path = silt_text(address.sun_path, sizeof address.sun_path);
    silt_text_add(&path, silt_core.run);
    silt_text_add(&path, "/leaving");
    int run = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (run < 0) return -1;
    // Not blocking: a reader that is too far behind to take the connection is not waited for.
    if (connect(run, (struct sockaddr *)&address, sizeof address) == 0) return run;
    close(run);
    return -1;
}

/// Says which segment is about to end, and waits until the reader hangs up: when it has read, or when it dies.
static void wait_where_wanted(enum silt_leaving how) {
    if (silt_core.run[0] == 0 || !grew_beyond_floor()) return;
    int run = connect_to_run();
    if (run < 0) return;
    __atomic_store_n(&silt_core.header->leaving, how, __ATOMIC_RELEASE);
    if (send(run, silt_core.name, strlen(silt_core.name), MSG_NOSIGNAL) > 0) {
        struct timespec start, now;
        clock_gettime(CLOCK_MONOTONIC, &start);
        int64_t left = WAIT_AT_MOST_MS;
        struct pollfd hang_up = {.fd = run, .events = POLLIN};
        while (left > 0 && poll(&hang_up, 1, (int)left) < 0 && errno == EINTR) {
            clock_gettime(CLOCK_MONOTONIC, &now);
            left = WAIT_AT_MOST_MS - (now.tv_sec - start.tv_sec) * 1000 - (now.tv_nsec - start.tv_nsec) / 1000000;
        }
    }
    close(run);
}

/// A vfork child shares this memory, and a raw clone that booked nothing still has its parent's segment: neither is the
/// process whose books these are. In a namespace of its own the clone may have its parent's pid.
static bool is_mine(void) {
    return silt_core.header && !silt_core_is_confined() && (uint32_t)getpid() == silt_core.pid &&
           __atomic_load_n(&silt_core.memory->alive.value, __ATOMIC_RELAXED);
}

void silt_core_leave(enum silt_leaving how) {
    if (!is_mine()) return;
    int saved = errno;
    silt_history_note(silt_clock());
    wait_where_wanted(how);
    if (how == SILT_LEAVING_EXIT) silt_segment_unlink();
    errno = saved;
}

void silt_core_stay(void) {
    if (!is_mine()) return;
    __atomic_store_n(&silt_core.header->leaving, SILT_LEAVING_NOT, __ATOMIC_RELEASE);
}
