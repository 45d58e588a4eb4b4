/// What grows: each leaks at a rate that a person would hardly see among the rest.
#include "growth.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/// What is lost stays readable, so that nothing here is undefined.
static void *volatile lost;

static SITE void forget_session(size_t bytes) { lost = xmalloc(bytes); }

/// 64 bytes a request, each request of 64 KiB of churn.
static void leak_in_churn(void) {
    for (uint64_t request = 0; goes_on(); request++) {
        churn(64 * KiB);
        forget_session(64);
        keep_pace(request, 16000);
    }
}

/// A list that nobody ever clears: still reachable.
static SITE void remember(void ***list, size_t *count) {
    if (*count % 4096 == 0) {
        void **longer = xmalloc(4097 * sizeof *longer);
        longer[4096] = *list;
        *list = longer;
    }
    (*list)[(*count)++ % 4096] = xmalloc(500);
}

static void endless_list(void) {
    void **list = NULL;
    size_t count = 0;
    while (goes_on()) {
        remember(&list, &count);
        churn(4 * KiB);
        keep_pace(count, 3000);
    }
}

static void *serve(void *leaks) {
    for (uint64_t request = 0; goes_on(); request++) {
        churn(16 * KiB);
        if (leaks) forget_session(200);
        keep_pace(request, 4000);
    }
    return NULL;
}

static void leak_in_one_thread(void) {
    for (int i = 1; i < 8; i++) start_thread(serve, NULL);
    serve("leaks");
}

static SITE void *grow_reply(void *reply, size_t bytes) {
    reply = realloc(reply, bytes);
    if (!reply) abort();
    return memset(reply, 1, bytes);
}

/// A buffer that grows piece by piece and is then forgotten.
static void leak_through_realloc(void) {
    for (uint64_t request = 0; goes_on(); request++) {
        void *reply = NULL;
        for (size_t bytes = 256; bytes <= 4 * KiB; bytes += 256) reply = grow_reply(reply, bytes);
        if (request % 4 == 0)
            lost = reply;
        else
            free(reply);
        churn(8 * KiB);
        keep_pace(request, 1000);
    }
}

static SITE void map_and_forget(size_t bytes) {
    char *mapping = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) abort();
    for (size_t at = 0; at < bytes / 8; at += 4096) mapping[at] = 1;
}

static void leak_of_mappings(void) {
    for (uint64_t request = 0; goes_on(); request++) {
        void *scratch = mmap(NULL, 8 * MiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (request % 8 == 0) map_and_forget(2 * MiB);
        munmap(scratch, 8 * MiB);
        churn(16 * KiB);
        keep_pace(request, 20);
    }
}

static void *wait_forever(void *unused) {
    lost = xmalloc(300);
    pause();
    return unused;
}

static void *answer_and_end(void *unused) {
    churn(64 * KiB);
    return unused;
}

static void leak_of_threads(void) {
    for (uint64_t request = 0; goes_on(); request++) {
        start_thread(request % 4 == 0 ? wait_forever : answer_and_end, NULL);
        churn(16 * KiB);
        keep_pace(request, 8);
    }
}

const struct scenario growing_scenarios[] = {
    {"leak-in-churn", leak_in_churn},
    {"endless-list", endless_list},
    {"leak-in-one-thread", leak_in_one_thread},
    {"leak-through-realloc", leak_through_realloc},
    {"leak-of-mappings", leak_of_mappings},
    {"leak-of-threads", leak_of_threads},
    {NULL, NULL},
};
