/// growth SCENARIO SECONDS [SEED], growth --list: runs a scenario, says `ready` shortly before its end, and waits, still at
/// work, for its input to end.
#include "growth.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double began, seconds;
static uint64_t seed = 1;
static bool is_over;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

double elapsed(void) { return now() - began; }

double passed(void) { return elapsed() / seconds; }

bool goes_on(void) { return !__atomic_load_n(&is_over, __ATOMIC_RELAXED); }

void keep_pace(uint64_t count, double rate) {
    while (goes_on() && (double)count > elapsed() * rate) usleep(500);
}

uint64_t random_below(uint64_t limit) {
    static __thread uint64_t state;
    if (state == 0) state = seed * 0x9e3779b97f4a7c15 ^ (uintptr_t)&state;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (state * 0x2545f4914f6cdd1d >> 11) % limit;
}

void *xmalloc(size_t bytes) {
    char *block = malloc(bytes);
    if (!block) abort();
    for (size_t at = 0; at < bytes; at += 4096) block[at] = 1;
    return block;
}

static SITE void *scratch(size_t bytes) { return xmalloc(bytes); }

void churn(size_t bytes) {
    while (bytes) {
        size_t most = bytes < 8 * KiB ? bytes : 8 * KiB, piece = 1 + random_below(most);
        free(scratch(piece));
        bytes -= piece;
    }
}

void start_thread(void *(*work)(void *), void *argument) {
    pthread_t thread;
    // Beyond what the system allows there is one thread less.
    if (pthread_create(&thread, NULL, work, argument) == 0) pthread_detach(thread);
}

/// Says when the time has come, and ends the program with its input.
static void *watch(void *unused) {
    while (elapsed() < seconds) usleep(10000);
    char line[80];
    int length = snprintf(line, sizeof line, "{\"ready\":true,\"pid\":%d}\n", (int)getpid());
    char byte;
    bool has_said = write(STDOUT_FILENO, line, (size_t)length) == length;
    while (has_said && (read(STDIN_FILENO, &byte, 1) > 0 || errno == EINTR)) {}
    exit(has_said ? 0 : 71);
    return unused;
}

static const struct scenario *find(const struct scenario *list, const char *name) {
    while (list->name && strcmp(list->name, name) != 0) list++;
    return list->name ? list : NULL;
}

int main(int count, char **arguments) {
    if (count == 2 && strcmp(arguments[1], "--list") == 0) {
        for (const struct scenario *at = growing_scenarios; at->name; at++) printf("%s\n", at->name);
        for (const struct scenario *at = healthy_scenarios; at->name; at++) printf("%s\n", at->name);
        return 0;
    }
    const struct scenario *scenario = count < 3 ? NULL : find(growing_scenarios, arguments[1]);
    if (count >= 3 && !scenario) scenario = find(healthy_scenarios, arguments[1]);
    seconds = count < 3 ? 0 : atof(arguments[2]);
    if (count > 3) seed = strtoull(arguments[3], NULL, 10);
    if (!scenario || seconds <= 0) {
        fprintf(stderr, "growth: needs a scenario and seconds\n");
        return 64;
    }
    began = now();
    start_thread(watch, NULL);
    scenario->run();
    return 0;
}
