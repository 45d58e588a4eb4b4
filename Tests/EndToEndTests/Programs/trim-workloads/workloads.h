/// The workloads whose `malloc_trim(0)` silt has to predict.
#pragma once
#include "../../../../Examples/common/example.h"

enum { max_blocks = 256 * KiB };

/// One thread's random numbers and the blocks it was given; a block that was freed is NULL.
struct worker {
    unsigned long long seed;
    int count;
    void *block[max_blocks];
};

struct workload {
    const char *name;
    void (*run)(struct worker *);
};

/// Ends with an entry whose name is NULL.
extern const struct workload workloads[];
