/// Programs whose memory grows, or does not: one scenario a function, each for a number of seconds.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KiB = 1 << 10, MiB = 1 << 20 };

/// A scenario's own code is on its stacks under these names, one frame each.
#define SITE __attribute__((noinline))

struct scenario {
    const char *name;
    void (*run)(void);
};

/// Growth that goes on, and the ten that are healthy; the last entry has no name.
extern const struct scenario growing_scenarios[], healthy_scenarios[];

/// Whether the scenario has time left. It ends by itself when it has not.
bool goes_on(void);
/// The part of its time that has passed, 0...1.
double passed(void);
/// Seconds since it began.
double elapsed(void);
/// Waits until `count` of `rate` a second are due: whatever the machine does, so many there are at its time.
void keep_pace(uint64_t count, double rate);
/// xorshift64* of this thread, below `limit`.
uint64_t random_below(uint64_t limit);
/// A block whose every page is written. It ends the program where there is none. By its name it is known to allocate for
/// others.
SITE void *xmalloc(size_t bytes);
/// `bytes` allocated, written and freed by other code at once.
void churn(size_t bytes);
void start_thread(void *(*work)(void *), void *argument);
