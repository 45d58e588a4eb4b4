/// The walk over Python frames by itself, for scripts that load it with ctypes: what the segment would hold is kept
/// here.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../../../../shim/core/python.h"
#include "../../../../shim/core/state.h"

#define EXPORTED __attribute__((visibility("default")))
#define TEXT_BYTES (16u << 20)

struct silt_core silt_core;
static struct silt_segment_header header;
static struct silt_code codes[SILT_MAX_CODES];
static uint8_t text[TEXT_BYTES];
static uint64_t text_used;
static bool confined;

bool silt_core_is_confined(void) { return confined; }
bool silt_segment_reserve(enum silt_section_kind kind, uint64_t count) {
    return kind == SILT_SECTION_CODE && count <= SILT_MAX_CODES;
}
bool silt_segment_publish_count(enum silt_section_kind kind, uint64_t count) {
    header.sections[kind].count = count;
    return true;
}
int64_t silt_text_store(const void *bytes, size_t count) {
    uint64_t at = __atomic_fetch_add(&text_used, count, __ATOMIC_RELAXED);
    if (at + count > TEXT_BYTES) return -1;
    memcpy(text + at, bytes, count);
    return (int64_t)at;
}

__attribute__((constructor)) static void start(void) {
    silt_core.pid = (uint32_t)getpid();
    silt_core.header = &header;
    silt_core.codes = codes;
    silt_python_start();
}

EXPORTED uint32_t probe_state(void) { return header.python; }
/// Looks again, at an interpreter that says it is another version. Returns enum silt_python.
EXPORTED uint32_t probe_restart(uint32_t version) {
    silt_python_attach(version);
    return header.python;
}
EXPORTED uint32_t probe_version(void) { return header.python_version; }
EXPORTED uint64_t probe_codes(void) { return header.sections[SILT_SECTION_CODE].count; }
EXPORTED uint64_t probe_dropped(void) { return silt_python_dropped(); }
EXPORTED void probe_confine(int on) { confined = on; }
EXPORTED void probe_forked(void) {
    silt_core.pid = (uint32_t)getpid();
    silt_python_forked();
}
EXPORTED unsigned probe_frames(uint64_t *frames, unsigned most) { return silt_python_frames(frames, most, (struct silt_own_stack){0, 0}); }
EXPORTED const struct silt_code *probe_code(uint32_t index) { return &codes[index]; }
EXPORTED const uint8_t *probe_text(uint32_t offset) { return text + offset; }

typedef void (*callback)(void);
/// Calls back into Python, as native code does.
EXPORTED void probe_call(callback call) { call(); }

/// The least time of one capture, over `rounds` of a hundred.
EXPORTED double probe_ns(unsigned rounds) {
    uint64_t frames[SILT_FRAMES_AT_MOST];
    double least = 1e12;
    for (unsigned round = 0; round < rounds; round++) {
        struct timespec begin, end;
        clock_gettime(CLOCK_MONOTONIC, &begin);
        for (unsigned i = 0; i < 100; i++) silt_python_frames(frames, SILT_FRAMES_AT_MOST, (struct silt_own_stack){0, 0});
        clock_gettime(CLOCK_MONOTONIC, &end);
        double ns = (double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec);
        if (ns / 100 < least) least = ns / 100;
    }
    return least;
}
