/// stacks-again SEED ROUNDS: takes the same few ways into the allocator over and over, through frames whose sizes change,
/// with and without frame pointers, on coroutines that take turns at one stack, in signal handlers and threads; and finds
/// in its own segment that each block's stack is the one that glibc's unwinder saw (backtrace(3)). What libsilt.so remembers
/// of a stack must not be taken for another one.
#include <alloca.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <ucontext.h>

#include <silt_segment.h>

#include "torture.h"

enum { deepest = 24, most_frames = 48, kept = 64, threads = 3 };

/// A live block, and the frames outward of the function that allocated it.
struct block {
    char *block;
    void *frames[most_frames];
    int count;
};

struct way {
    uint64_t random;
    struct block *into;
    int depth;
};

static const uint8_t *segment;
static long rounds;

/// The entry of the live block that begins at `start`; NULL: there is none.
static const struct silt_sample *entry_of(uintptr_t start) {
    const struct silt_section *section = &((const struct silt_segment_header *)segment)->sections[SILT_SECTION_SAMPLES];
    const struct silt_sample *samples = (const struct silt_sample *)(segment + section->offset);
    for (uint64_t i = 0; i < section->count; i++)
        if ((samples[i].place & SILT_SAMPLE_ADDRESS) == start && samples[i].place >> SILT_SAMPLE_STATE_SHIFT == SILT_SAMPLE_LIVE)
            return &samples[i];
    return NULL;
}

static void check(const struct block *block) {
    if (!segment) return;
    const struct silt_segment_header *header = (const struct silt_segment_header *)segment;
    const struct silt_sample *sample = entry_of((uintptr_t)block->block - 8);
    REQUIRE(sample != NULL);
    uint32_t number = sample->stack & ((1u << SILT_SAMPLE_STACK_BITS) - 1);
    REQUIRE(number != 0);
    const struct silt_stack *stack =
        (const struct silt_stack *)(segment + header->sections[SILT_SECTION_STACKS].offset) + (number - 1);
    const uint64_t *frames = (const uint64_t *)(segment + header->sections[SILT_SECTION_FRAMES].offset) + stack->first_frame;
    // The first frame is the call of malloc; backtrace's, that of backtrace in the same function.
    REQUIRE(stack->frames > 1 && stack->frames >= block->count);
    for (int i = 1; i < block->count; i++) REQUIRE((frames[i] & SILT_FRAME_ADDRESS) == (uintptr_t)block->frames[i]);
}

/// The end of every way. A block of another size each time, so that places change hands.
__attribute__((noinline)) static void allocate(struct way *way) {
    struct block *block = way->into;
    block->count = backtrace(block->frames, most_frames);
    block->block = malloc(24 + torture_next(&way->random) % 4000);
    REQUIRE(block->block != NULL);
    check(block);
}

static void go_on(struct way *way);

/// A frame whose size the way decides: the compiler has to keep a frame pointer.
__attribute__((noinline)) static void through_alloca(struct way *way) {
    size_t bytes = 16 + torture_next(&way->random) % 3 * 48;
    volatile char *room = alloca(bytes);
    room[0] = room[bytes - 1] = 1;
    go_on(way);
    room[0] = 2;
}

/// A frame that is aligned anew.
__attribute__((noinline)) static void through_alignment(struct way *way) {
    volatile char wide[64] __attribute__((aligned(64)));
    wide[0] = 1;
    go_on(way);
    REQUIRE(wide[0] == 1 && (uintptr_t)wide % 64 == 0);
}

/// A frame that has much to keep over the call, so that the frame pointer's register holds a number.
__attribute__((noinline)) static void through_registers(struct way *way) {
    uint64_t a = way->random, b = a * 3, c = a * 5, d = a * 7, e = a * 11, f = a * 13;
    go_on(way);
    REQUIRE(a * 3 == b && a * 5 == c && a * 7 == d && a * 11 == e && a * 13 == f);
}

/// Two functions of the same frame: only the return address tells them apart.
__attribute__((noinline)) static void through_one(struct way *way) {
    go_on(way);
    __asm__ volatile("");
}

__attribute__((noinline)) static void through_another(struct way *way) {
    go_on(way);
    __asm__ volatile("nop");
}

static void go_on(struct way *way) {
    static void (*const functions[])(struct way *) = {through_alloca, through_alignment, through_registers, through_one,
                                                      through_another};
    if (way->depth-- == 0) return allocate(way);
    functions[torture_next(&way->random) % 5](way);
}

/// One of few ways, so that each comes many times.
static void wander(struct block *into, uint64_t which) {
    struct way way = {.random = torture_seed(which, 77), .into = into, .depth = (int)(which % deepest)};
    go_on(&way);
}

static struct block blocks[threads + 1][kept];

/// Frees what is there, first in order or not, and takes a way into its place.
static void turn(int thread, uint64_t *random) {
    struct block *block = &blocks[thread][torture_next(random) % kept];
    if (block->block) check(block);
    free(block->block);
    wander(block, torture_next(random) % 40);
}

static ucontext_t outside, inside;
static struct block *wanted;
static uint64_t wanted_way;

static void coroutine(void) {
    wander(wanted, wanted_way);
}

/// Coroutines at one stack that is mapped anew each time.
static void in_coroutine(uint64_t *random) {
    size_t bytes = torture_next(random) % 2 ? 64 << 10 : 256 << 10;
    char *stack = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(stack != MAP_FAILED);
    wanted = &blocks[threads][torture_next(random) % kept];
    wanted_way = torture_next(random) % 40;
    free(wanted->block);
    getcontext(&inside);
    inside.uc_stack.ss_sp = stack;
    inside.uc_stack.ss_size = bytes;
    inside.uc_link = &outside;
    makecontext(&inside, coroutine, 0);
    swapcontext(&outside, &inside);
    munmap(stack, bytes);
}

static void handler(int signal) {
    (void)signal;
    wander(wanted, wanted_way);
}

/// raise(3), and not in the middle of an allocation: the program itself is sound.
static void in_handler(uint64_t *random) {
    wanted = &blocks[threads][torture_next(random) % kept];
    wanted_way = torture_next(random) % 40;
    free(wanted->block);
    raise(SIGUSR1);
}

static void *thread(void *number) {
    uint64_t random = torture_seed((uintptr_t)number, 5);
    for (long i = 0; i < rounds; i++) turn((int)(uintptr_t)number, &random);
    return NULL;
}

/// Maps this process's segment a second time, whose name its own maps tell.
static void find_segment(void) {
    char text[4096], path[256];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && !segment && fgets(text, sizeof text, maps)) {
        if (sscanf(text, "%*s %*s %*s %*s %*s %255s", path) != 1 || !strstr(path, "/silt-") || !strstr(text, "rw-s")) continue;
        int file = open(path, O_RDONLY);
        struct stat status;
        REQUIRE(file >= 0 && fstat(file, &status) == 0);
        segment = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, file, 0);
        REQUIRE(segment != MAP_FAILED);
        close(file);
    }
    if (maps) fclose(maps);
}

int main(int count, char **arguments) {
    uint64_t random = torture_seed((uint64_t)argument(count, arguments, 1, 1), 3);
    rounds = argument(count, arguments, 2, 1000);
    void *warm[1];
    backtrace(warm, 1); // loads libgcc, which allocates
    find_segment();
    struct sigaction action = {.sa_handler = handler};
    REQUIRE(sigaction(SIGUSR1, &action, NULL) == 0);
    pthread_t others[threads];
    for (uintptr_t i = 1; i < threads; i++) REQUIRE(pthread_create(&others[i], NULL, thread, (void *)i) == 0);
    for (long i = 0; i < rounds; i++) {
        turn(0, &random);
        if (i % 8 == 0) in_coroutine(&random);
        if (i % 16 == 1) in_handler(&random);
    }
    for (int i = 1; i < threads; i++) REQUIRE(pthread_join(others[i], NULL) == 0);
    say("done\n");
    return 0;
}
