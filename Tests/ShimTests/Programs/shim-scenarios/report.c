#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scenarios.h"

void say(const char *format, ...) {
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length > sizeof line - 2) abort();
    line[length++] = '\n';
    if (write(STDOUT_FILENO, line, (size_t)length) != length) abort();
}

void say_process(void) { say("process %d", (int)getpid()); }

void ready(void) {
    say("ready");
    char byte;
    while (read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n') {}
}

void start(const struct request *request) { start_sampling(request, 0); }

void start_sampling(const struct request *request, size_t mean) {
    struct silt_config config = {
        .sample_mean = mean,
        .sample_seed = request->numbers[0] + 1,
        .directory = request->directory,
        .allocator = "scenario",
        .mmap_threshold = 128 * KIB,
        .trim_threshold = 128 * KIB,
    };
    silt_core_start(&config);
}

uint64_t next_random(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}
