/// Talking to the `silt run` that follows this process: one message a connection, and then waiting, bounded, until the
/// reader has read. It answers only while it lives: a dead one keeps nobody waiting.
#include "run.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "state.h"
#include "text.h"

/// The longest wait for a reader that lives but does not read.
#define WAIT_AT_MOST_MS 10000

/// A vfork child shares this memory, and a raw clone that booked nothing still has its parent's segment: neither is the
/// process whose books these are. In a namespace of its own the clone may have its parent's pid.
bool silt_run_is_mine(void) {
    return silt_core.header && !silt_core_is_confined() && (uint32_t)getpid() == silt_core.pid &&
           __atomic_load_n(&silt_core.memory->alive.value, __ATOMIC_RELAXED);
}

int silt_run_connect(void) {
    if (silt_core.run[0] == 0) return -1;
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

static int64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/// Whether anything came before the end. Signals that the program handles meanwhile do not end the wait.
static bool await(int run) {
    int64_t end = milliseconds() + WAIT_AT_MOST_MS;
    bool answered = false;
    for (int64_t left = WAIT_AT_MOST_MS; left > 0; left = end - milliseconds()) {
        struct pollfd event = {.fd = run, .events = POLLIN};
        if (poll(&event, 1, (int)left) <= 0) continue;
        char answer;
        ssize_t count = recv(run, &answer, 1, MSG_DONTWAIT);
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) break;
        if (count > 0) answered = true;
    }
    return answered;
}

bool silt_run_say(int run, const char *message) {
    bool answered = send(run, message, strlen(message), MSG_NOSIGNAL) > 0 && await(run);
    close(run);
    return answered;
}
