/// The core by itself, a process a scenario: `shim-scenarios NAME DIRECTORY [NUMBER...]`.
///
/// Addresses are made up: the core never looks at what is behind one. A scenario books, says on its standard output
/// what its books must now hold, and waits for a line (or the end) of its standard input, while the test reads its
/// segment:
///
///   process PID            begins what the books of one process must hold
///   block START BYTES      a live block that is counted by granules
///   large START BYTES      a live block with a mapping of its own
///   mapping START END CALLER
///   say TEXT               whatever else the test wants to know
///   ready                  ends it
#ifndef SHIM_SCENARIOS_H
#define SHIM_SCENARIOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core.h"

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define PAGE ((size_t)4096)

/// What the command line says.
struct request {
    const char *directory;
    uint64_t numbers[4]; ///< 0 where there are fewer
};

// report.c: no stdio, which a child of a program with threads may find locked.
/// Writes a line.
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_process(void);
/// Says that the books may be read, and waits until they were.
void ready(void);
/// Starts the core in the directory.
void start(const struct request *request);
/// The same with samples, `mean` bytes apart; their seed is the first number.
void start_sampling(const struct request *request, size_t mean);
/// A generator for one thread: xorshift64* (S. Vigna, 2014). The state must not be 0.
uint64_t next_random(uint64_t *state);

// blocks.c: made-up blocks that any thread may make, free or resize.
/// Books a block live or no longer, as the interposers do: the fast path first.
void book(uintptr_t start, size_t bytes, bool large, bool live);
/// The same; `request` is what the program asked for.
void book_request(uintptr_t start, size_t bytes, size_t request, bool large, bool live);
/// The same, as if the thread's number were `number`: a sample of the block has it.
void book_number(uintptr_t start, size_t bytes, uint32_t number, bool large, bool live);
/// Makes, frees or resizes a random block.
void change_random_block(uint64_t *random);
/// Says every live block.
void say_blocks(void);

/// A scenario and its name.
typedef void scenario(const struct request *request);
scenario edges, churn, crowd, departed, ranges, forked, forked_under_load, grandchild, cloned, cloned_mapping,
    cloned_as_first, spilled, vforked, stopped, stopped_under_load,
    full, limited, holding, thresholds, held_ranges, estimates, sampled_churn,
    sampled_forks, sampled_full, sampled_homeless, sampled_clone, tagged, tallied, weighed, tallied_together,
    tallied_samples, moments, moments_of_children, moments_unread, moments_confined, moments_under_load;

#endif
