/// Samples against the model: by threads, over forks, in a full table.
#include "sampled.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenarios.h"
#include "state.h"

static uint64_t dropped(void) { return silt_core.header->samples_dropped; }
static uint64_t table_count(void) { return silt_core.header->sections[SILT_SECTION_SAMPLES].count; }

struct work {
    uint64_t seed, operations; ///< 0: until told
};
static int stop_work;

static void *work_on(void *argument) {
    const struct work *work = argument;
    uint64_t random = work->seed;
    for (uint64_t i = 0; work->operations ? i < work->operations : !__atomic_load_n(&stop_work, __ATOMIC_RELAXED); i++)
        model_step(&random);
    return NULL;
}

enum { MOST_THREADS = 8 };
static pthread_t threads[MOST_THREADS];
static struct work works[MOST_THREADS];

static void start_threads(unsigned count, uint64_t seed, uint64_t operations) {
    for (unsigned i = 0; i < count; i++) {
        works[i] = (struct work){seed * 1000003 + i + 1, operations};
        if (pthread_create(&threads[i], NULL, work_on, &works[i]) != 0) abort();
    }
}

static void join_threads(unsigned count) {
    for (unsigned i = 0; i < count; i++) pthread_join(threads[i], NULL);
}

/// Numbers: seed, threads, operations of each, mean.
void sampled_churn(const struct request *request) {
    unsigned count = (unsigned)request->numbers[1];
    start_sampling(request, request->numbers[3]);
    uint64_t after_first = 0;
    for (int round = 0; round < 4; round++) {
        start_threads(count, request->numbers[0] * 4 + (uint64_t)round, request->numbers[2]);
        join_threads(count);
        model_check("after a round", 0);
        if (round == 1) after_first = table_count();
    }
    // Entries are used again: the table grows no more once the program does not.
    if (table_count() > after_first * 2 + 1000) say("say %lu entries became %lu", after_first, table_count());
    if (dropped()) say("say %lu dropped", dropped());
    if (model_live_blocks() < 100) say("say too little was tried");
    model_empty();
    model_check("when all is freed", 0);
    say_process();
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}

static void expect_clean_end(pid_t child) {
    int status;
    if (waitpid(child, &status, 0) != child) abort();
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) say("say a child ended with %x", (unsigned)status);
}

static void be_a_child(uint64_t seed, uint64_t may_miss) {
    model_check("in the child", may_miss);
    for (int i = 0; i < 20000; i++) model_step(&seed);
    model_check("in the child, later", may_miss);
    silt_core_leave(SILT_LEAVING_EXIT);
    _exit(0);
}

/// Numbers: seed, threads, forks.
void sampled_forks(const struct request *request) {
    unsigned count = (unsigned)request->numbers[1];
    start_sampling(request, 1);
    uint64_t random = request->numbers[0] + 1;
    for (int i = 0; i < 20000; i++) model_step(&random);
    start_threads(count, request->numbers[0], 0);
    for (uint64_t i = 0; i < request->numbers[2]; i++) {
        usleep(1000);
        model_hold();
        pid_t pid = fork();
        if (pid == 0) {
            model_forget_unsettled();
            model_release();
            be_a_child(random + i, dropped());
        }
        model_release();
        if (count == 0) model_check("in the parent", 0);
        expect_clean_end(pid);
    }
    stop_work = 1;
    join_threads(count);
    model_check("at the end", 0);
    say_process();
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}

static pid_t raw_clone(void) { return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0); }

/// Numbers: seed. A child that no handler sees, whose first operations are frees: they are not its parent's.
void sampled_clone(const struct request *request) {
    start_sampling(request, 1);
    uint64_t random = request->numbers[0] + 1;
    for (int i = 0; i < 20000; i++) model_step(&random);
    pid_t pid = raw_clone();
    if (pid == 0) {
        model_empty();
        model_check("in the emptied child", 0);
        be_a_child(random, 0);
    }
    expect_clean_end(pid);
    model_check("in the parent", 0);
    say_process();
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}

/// Numbers: seed. A child that can have no books: its directory is gone.
void sampled_homeless(const struct request *request) {
    start_sampling(request, 1);
    uint64_t random = request->numbers[0] + 1;
    for (int i = 0; i < 20000; i++) model_step(&random);
    silt_core.directory[0] = 0;
    pid_t pid = fork();
    if (pid == 0) {
        if (silt_core_is_on()) say("say the child has books");
        model_empty();
        _exit(0);
    }
    expect_clean_end(pid);
    model_check("in the parent", 0);
    say_process();
    ready();
    model_empty();
}

/// Numbers: seed, blocks. More live blocks than the table has entries under the limit.
void sampled_full(const struct request *request) {
    const struct rlimit limit = {64 * MIB, 64 * MIB};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) abort();
    start_sampling(request, 1);
    uint64_t blocks = request->numbers[1];
    for (uint64_t i = 0; i < blocks; i++) book_number(0x10000000000 + i * 64, 64, (uint32_t)i + 1, false, true);
    uint64_t live = 0;
    for (uint64_t i = 0; i < table_count(); i++) live += unpack(&silt_core.samples[i]).state == SILT_SAMPLE_LIVE;
    say("say %lu entries, %lu live, %lu dropped", (unsigned long)table_count(), (unsigned long)live, (unsigned long)dropped());
    say_process();
    for (uint64_t i = 0; i < blocks; i++) say("block %lx 64", (unsigned long)(0x10000000000 + i * 64));
    ready();
    // Every second one ends: there is room for as many new ones again.
    uint64_t before = dropped();
    for (uint64_t i = 0; i < blocks; i++) book_number(0x10000000000 + i * 64, 64, (uint32_t)i + 1, false, false);
    uint64_t left = 0;
    for (uint64_t i = 0; i < table_count(); i++) left += unpack(&silt_core.samples[i]).state == SILT_SAMPLE_LEFT;
    say("say %lu left, %lu dropped", (unsigned long)left, (unsigned long)(dropped() - before));
    say_process();
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}

static void *tag_in_thread(void *number) {
    char text[] = "thread ?";
    text[7] = (char)('0' + (uintptr_t)number);
    for (int i = 0; i < 100; i++) {
        silt_core_tag_push(text);
        book_number(0x30000000000 + ((uintptr_t)number * 100 + (uintptr_t)i) * 64, 64, 100 + (uint32_t)(uintptr_t)number, false, true);
        silt_core_tag_pop();
    }
    return NULL;
}

/// Says whose tag each live sample has, by what was asked for.
static void say_tags(size_t from, size_t to) {
    for (uint64_t i = 0; i < table_count(); i++) {
        const struct unpacked sample = unpack(&silt_core.samples[i]);
        if (sample.state == SILT_SAMPLE_LIVE && sample.thread >= from && sample.thread < to)
            say("say %u %s", sample.thread, sample.tag ? silt_core.tags[sample.tag - 1].text : "-");
    }
}

/// Tags that nest deeper than is kept, those of threads, more than there is room for.
void tagged(const struct request *request) {
    start_sampling(request, 1);
    for (unsigned i = 0; i < 20; i++) {
        char text[] = {'t', 'a', 'g', ' ', (char)('a' + i), 0};
        silt_core_tag_push(text);
        book_number(0x10000000000 + i * 64, 64, (uint32_t)i + 1, false, true);
    }
    for (unsigned i = 20; i < 40; i++) {
        silt_core_tag_pop();
        book_number(0x10000000000 + i * 64, 64, (uint32_t)i + 1, false, true);
    }
    silt_core_tag_pop(); // nothing to end
    say_tags(1, 41);
    for (uintptr_t i = 0; i < 4; i++)
        if (pthread_create(&threads[i], NULL, tag_in_thread, (void *)i) != 0) abort();
    join_threads(4);
    unsigned right = 0;
    for (uint64_t i = 0; i < table_count(); i++) {
        const struct unpacked sample = unpack(&silt_core.samples[i]);
        if (sample.thread >= 100 && sample.tag)
            right += silt_core.tags[sample.tag - 1].text[7] == (char)('0' + sample.thread - 100);
    }
    say("say %u of 400", right);
    for (unsigned i = 0; i < SILT_MAX_TAGS; i++) {
        char text[80] = "many tags, and longer than what is kept of one: all of them: xxxxxxxxxxx";
        text[0] = (char)('a' + i % 16), text[1] = (char)('a' + i / 16 % 16), text[2] = (char)('a' + i / 256);
        silt_core_tag_push(text);
        silt_core_tag_pop();
    }
    say("say %lu tags", (unsigned long)silt_core.header->sections[SILT_SECTION_TAGS].count);
    silt_core_tag_push("one too many");
    book_number(0x40000000000, 64, 1000, false, true);
    silt_core_tag_pop();
    silt_core_tag_push("tag a");
    book_number(0x40000000040, 64, 1001, false, true);
    silt_core_tag_pop();
    say_tags(1000, 1002);
    say_process();
    ready();
    silt_core_leave(SILT_LEAVING_EXIT);
}
