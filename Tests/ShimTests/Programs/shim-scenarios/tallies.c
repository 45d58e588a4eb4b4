/// Tallies of stacks against a model that keeps what was live before every tick.
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sampled.h"
#include "sampled.h"
#include "scenarios.h"
#include "sites.h"
#include "state.h"

enum { STACKS = 300, TICKS = 6000, THREADS = 4, TURNS = 200000 };

/// By stack and tick: what was live of it before anything happened in that tick.
static int64_t *before[STACKS + 1];
static int64_t live[STACKS + 1];

static uint64_t time_of(uint64_t tick) {
    return silt_core.header->sites_since_ns + (tick << SILT_TICK_SHIFT) + 12345;
}

static void expect_levels(uint32_t stack, uint64_t ticks) {
    const struct silt_site *site = &silt_core.sites[stack];
    if (site->kind == SILT_SITE_NONE) {
        for (uint64_t tick = 0; tick < ticks; tick++)
            if (before[stack][tick]) return say("say stack %u has no tally", stack);
        return;
    }
    unsigned interval = silt_site_interval(site->tick);
    if ((int64_t)(site->born - site->died) != live[stack]) say("say stack %u has another number live", stack);
    for (uint64_t i = 1; i <= site->tick >> interval; i++)
        if (site->levels[i] != (float)before[stack][i << interval])
            say("say stack %u, interval %lu of %u ticks: %ld, not %ld", stack, (unsigned long)i, 1u << interval,
                (long)site->levels[i], (long)before[stack][i << interval]);
}

/// Numbers: seed, ticks. Some stacks change often, some once in a thousand ticks.
void tallied(const struct request *request) {
    start_sampling(request, 1);
    uint64_t random = request->numbers[0] + 1, ticks = request->numbers[1];
    for (uint32_t stack = 1; stack <= STACKS; stack++) before[stack] = calloc(TICKS, sizeof(int64_t));
    for (uint64_t tick = 0; tick < ticks && tick < TICKS; tick++) {
        for (uint32_t stack = 1; stack <= STACKS; stack++) {
            before[stack][tick] = live[stack];
            for (int i = 0; i < 3; i++) {
                if (next_random(&random) % (1 + stack * stack / 30) != 0) continue;
                size_t bytes = 16 + next_random(&random) % 100000;
                bool dies = live[stack] && next_random(&random) % 2;
                if (dies && (int64_t)bytes > live[stack]) bytes = (size_t)live[stack];
                live[stack] += dies ? -(int64_t)bytes : (int64_t)bytes;
                if (dies)
                    silt_site_died(stack, bytes, time_of(tick));
                else
                    silt_site_born(stack, bytes, time_of(tick));
            }
        }
        if (tick % 97 == 0)
            for (uint32_t stack = 1; stack <= STACKS; stack++) expect_levels(stack, tick);
    }
    for (uint32_t stack = 1; stack <= STACKS; stack++) expect_levels(stack, ticks);
    say_process();
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}

/// Numbers: seed, mean. Says sizes and what a sample of each stands for.
void weighed(const struct request *request) {
    start_sampling(request, request->numbers[1]);
    for (uint32_t stack = 1; stack <= 24; stack++) {
        size_t bytes = (size_t)16 << stack;
        silt_site_born(stack, bytes, time_of(1));
        say("say %lu %lu", (unsigned long)bytes, (unsigned long)silt_core.sites[stack].born);
        silt_site_died(stack, bytes, time_of(2));
        if (silt_core.sites[stack].born != silt_core.sites[stack].died) say("say %lu stay", (unsigned long)bytes);
    }
    say_process();
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}

static void *make_and_end(void *unused) {
    for (uint64_t turn = 0; turn < TURNS; turn++) {
        silt_site_born(7, 48, time_of(turn >> 8));
        if (turn % 4) silt_site_died(7, 48, time_of(turn >> 8));
    }
    return unused;
}

/// A stack of one made-up frame out of sixteen.
static unsigned take_any(struct silt_thread *thread, void **frames, unsigned most) {
    static uint64_t turn;
    (void)thread;
    frames[0] = (void *)(0x1000 + __atomic_fetch_add(&turn, 1, __ATOMIC_RELAXED) % 16 * 16);
    return most ? 1 : 0;
}

static void *step(void *seed) {
    uint64_t random = (uintptr_t)seed;
    for (int i = 0; i < 20000; i++) model_step(&random);
    return NULL;
}

/// Numbers: seed. What is live of each stack is the sum of its live samples.
void tallied_samples(const struct request *request) {
    start_sampling(request, 1);
    silt_core_set_unwinder(take_any, SILT_UNWINDER_LIBUNWIND);
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, step, (void *)(request->numbers[0] * THREADS + i + 1)) != 0) abort();
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (uint64_t i = 0; i < silt_core.header->sections[SILT_SECTION_SAMPLES].count; i++) {
        const struct unpacked sample = unpack(&silt_core.samples[i]);
        if (sample.state == SILT_SAMPLE_LIVE) live[sample.stack] += (int64_t)sample.bytes;
    }
    uint64_t stacks = silt_core.header->sections[SILT_SECTION_STACKS].count;
    if (stacks != 16) say("say %lu stacks", (unsigned long)stacks);
    for (uint64_t stack = 1; stack <= stacks; stack++) {
        const struct silt_site *site = &silt_core.sites[stack];
        if (live[stack] == 0 || (int64_t)(site->born - site->died) != live[stack])
            say("say stack %lu: %ld, not %ld", (unsigned long)stack, (long)(site->born - site->died), (long)live[stack]);
    }
    say_process();
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}

/// From many threads at once, and on in a child.
void tallied_together(const struct request *request) {
    start_sampling(request, 1);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, make_and_end, NULL) != 0) abort();
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    const struct silt_site *site = &silt_core.sites[7];
    if (site->born != (uint64_t)THREADS * TURNS * 48 || site->born - site->died != site->born / 4)
        say("say %lu born, %lu died", (unsigned long)site->born, (unsigned long)site->died);
    struct silt_site parents = *site;
    pid_t child = fork();
    if (child == 0) {
        site = &silt_core.sites[7];
        if (site->born != parents.born || site->levels[8] != parents.levels[8]) say("say the child has another tally");
        if (silt_core.sites[SILT_SITE_OF_THREADS].born - silt_core.sites[SILT_SITE_OF_THREADS].died != 1)
            say("say the child has not one thread");
        silt_site_died(7, 48, time_of(TURNS));
        if (site->died != parents.died + 48) say("say the child's tally stands still");
        silt_core_leave(SILT_LEAVING_EXIT);
        _exit(0);
    }
    int status;
    if (waitpid(child, &status, 0) != child || status != 0) say("say the child ended with %x", (unsigned)status);
    if (silt_core.sites[7].died != parents.died) say("say the child changed its parent's tally");
    say_process();
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}
