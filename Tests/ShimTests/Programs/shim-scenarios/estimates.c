/// Estimates of live bytes from samples, run by run.
#include <stdlib.h>

#include "sampled.h"
#include "scenarios.h"
#include "stacks.h"
#include "state.h"

#define BLOCKS_AT_MOST 20000

enum distribution { CONSTANT = 1, LOG_UNIFORM, FEW_LARGE };

static size_t whole(double bytes) { return ((size_t)bytes + 15) / 16 * 16; }

static size_t draw(enum distribution distribution, uint64_t *random) {
    uint64_t number = next_random(random) >> 11;
    double fraction = (double)number / (double)(UINT64_C(1) << 53);
    switch (distribution) {
    case CONSTANT: return 1024;
    // 16 bytes times a power of two that is even between 0 and 16, by halves of an octave and a line between: close to
    // even in the logarithm, and without libm.
    case LOG_UNIFORM: return whole(16.0 * (double)(1u << (number % 16)) * (1 + fraction));
    case FEW_LARGE: return number % 500 == 0 ? 4 * MIB : 256;
    }
    return 16;
}

/// What the segment says, summed up as a reader does.
static void say_sums(size_t truth, double (*chance)(size_t bytes)) {
    double estimate = 0, variance = 0;
    uint64_t count = silt_core.header->sections[SILT_SECTION_SAMPLES].count;
    for (uint64_t i = 0; i < count; i++) {
        const struct unpacked sample = unpack(&silt_core.samples[i]);
        if (sample.state != SILT_SAMPLE_LIVE) continue;
        double p = chance(sample.bytes), bytes = (double)sample.bytes;
        estimate += bytes / p;
        variance += (1 - p) / (p * p) * bytes * bytes;
    }
    say("say %zu %.17g %.17g", truth, estimate, variance);
}

/// 1 - exp(-bytes / mean), by halving the exponent until its series is exact: no libm.
static double chance(size_t bytes) {
    double x = (double)bytes / (double)silt_core.sample_mean;
    unsigned halvings = 0;
    for (; x > 1e-3; x /= 2) halvings++;
    double missed = 1 - x + x * x / 2 - x * x * x / 6 + x * x * x * x / 24; // exp(-x)
    for (; halvings; halvings--) missed *= missed;
    return 1 - missed;
}

/// Numbers: seed, distribution, runs. Each run allocates, says the truth and the sums, and frees everything.
void estimates(const struct request *request) {
    static size_t bytes[BLOCKS_AT_MOST];
    static const unsigned blocks[] = {[CONSTANT] = 20000, [LOG_UNIFORM] = 2000, [FEW_LARGE] = 20000};
    enum distribution distribution = (enum distribution)request->numbers[1];
    start_sampling(request, 64 * KIB);
    uint64_t random = request->numbers[0] + 1;
    for (uint64_t run = 0; run < request->numbers[2]; run++) {
        silt_sampling_seed(request->numbers[0] * 1000003 + run);
        uintptr_t at = 0x10000000000;
        size_t truth = 0;
        for (unsigned i = 0; i < blocks[distribution]; i++, at += bytes[i - 1]) {
            bytes[i] = draw(distribution, &random);
            truth += bytes[i];
            book(at, bytes[i], false, true);
        }
        say_sums(truth, chance);
        at = 0x10000000000;
        for (unsigned i = 0; i < blocks[distribution]; at += bytes[i++]) book(at, bytes[i], false, false);
    }
    say_process();
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}
