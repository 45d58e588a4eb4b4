/// A made-up interpreter whose structures are damaged at random, a word at a time: whatever is read, nothing may crash,
/// and what comes out must be sound. usage: hostile ROUNDS. Linked with probe.c.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../../../shim/core/python.h"
#include "../../../../shim/core/state.h"

extern unsigned probe_frames(uint64_t *frames, unsigned most);
extern uint64_t probe_codes(void);
extern const struct silt_code *probe_code(uint32_t index);

#define WORDS 4096u
#define FRAMES 20u
#define CODES 5u
/// Words from the start of the world: the thread state, its cframe, the chunk, the code objects, their texts and lines.
enum { THREAD = 0, CFRAME = 64, CHUNK = 512, CODE = 2048, TEXT = 2560, LINES = 3072 };

static uint64_t *world, *whole;
static uint8_t types[3];
static uint64_t random_state = 88172645463325252u;

static uint64_t next(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

static uint64_t at(unsigned word) { return (uintptr_t)&world[word]; }

static void build(void) {
    const struct silt_python_layout *layout = &silt_python.layout;
    world[THREAD + layout->thread_frame / 8] = at(CFRAME);
    world[THREAD + layout->thread_identity / 8] = (uintptr_t)pthread_self();
    world[THREAD + layout->thread_identity / 8 + 1] = (uint64_t)gettid();
    world[THREAD + layout->thread_chunk / 8] = at(CHUNK);
    world[THREAD + layout->thread_chunk / 8 + 1] = at(CHUNK + 16 * FRAMES);
    world[CFRAME] = at(CHUNK + 16 * (FRAMES - 1));
    for (unsigned i = 0; i < FRAMES; i++) {
        uint64_t *frame = &world[CHUNK + 16 * i];
        uint64_t code = at(CODE + 64 * (i % CODES));
        frame[layout->frame_code / 8] = code;
        frame[layout->frame_previous / 8] = i ? at(CHUNK + 16 * (i - 1)) : 0;
        frame[layout->frame_instruction / 8] = code + layout->code_instructions + 2 * i;
    }
    for (unsigned i = 0; i < CODES; i++) {
        uint64_t *code = &world[CODE + 64 * i], *text = &world[TEXT + 64 * i], *lines = &world[LINES + 64 * i];
        code[1] = silt_python.code_type;
        code[2] = 100;
        code[layout->code_file / 8] = code[layout->code_name / 8] = (uintptr_t)text;
        code[layout->code_lines / 8] = (uintptr_t)lines;
        text[1] = silt_python.text_type;
        text[2] = 8;
        text[3] = 1000 + i;
        text[4] = (1 | 1 << 3 | 1 << 4) << layout->text_state; // kind 1, compact, ASCII
        memset(&text[5], 'a' + (int)i, 8);
        lines[1] = silt_python.bytes_type;
        lines[2] = 16;
    }
}

/// A value as damage leaves them.
static uint64_t damaged(uint64_t old) {
    switch (next() % 8) {
    case 0: return 0;
    case 1: return next();
    case 2: return at((unsigned)(next() % WORDS));
    case 3: return at((unsigned)(next() % WORDS)) + next() % 8;
    case 4: return at(WORDS) - next() % 64;      // at the end of what is mapped
    case 5: return old + (next() % 65 - 32) * 8;
    case 6: return old ^ UINT64_C(1) << next() % 64;
    default: return UINT64_MAX - next() % 4096;
    }
}

static void fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static unsigned check(void) {
    uint64_t frames[SILT_FRAMES_AT_MOST + 1];
    frames[SILT_FRAMES_AT_MOST] = 42;
    unsigned count = probe_frames(frames, SILT_FRAMES_AT_MOST);
    if (count > SILT_FRAMES_AT_MOST || frames[SILT_FRAMES_AT_MOST] != 42) fail("too many frames");
    for (unsigned i = 0; i < count; i++) {
        uint32_t index = (uint32_t)((frames[i] & ~SILT_FRAME_ENTRY) >> 32);
        if (index >= probe_codes()) fail("a code that is not there");
        const struct silt_code *code = probe_code(index);
        if (code->name_bytes > SILT_CODE_NAME_BYTES || code->file_bytes > SILT_CODE_FILE_BYTES ||
            code->lines_bytes > SILT_CODE_LINES_BYTES)
            fail("a text beyond its bound");
    }
    return count;
}

int main(int argc, char **argv) {
    static const uint32_t versions[] = {0x030b02f0, 0x030c01f0};
    unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    static uint64_t runtime[128];
    size_t bytes = WORDS * sizeof *world;
    // Holes on both sides.
    uint8_t *area = mmap(NULL, bytes + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(area + 4096, bytes, PROT_READ | PROT_WRITE);
    world = (uint64_t *)(area + 4096);
    whole = malloc(bytes);
    pthread_key_t key;
    pthread_key_create(&key, NULL);
    pthread_setspecific(key, world);
    uint64_t short_ones = 0;
    for (unsigned version = 0; version < 2; version++) {
        memset(world, 0, bytes);
        silt_python = (struct silt_interpreter){.runtime = (const uint8_t *)runtime,
                                                .code_type = (uintptr_t)&types[0],
                                                .text_type = (uintptr_t)&types[1],
                                                .bytes_type = (uintptr_t)&types[2]};
        if (!silt_python_layout(versions[version], runtime, &silt_python.layout)) fail("no layout");
        silt_python.known = true;
        build();
        if (version == 0) world[CFRAME + 1] = world[CFRAME];
        memcpy(whole, world, bytes);
        if (check() != FRAMES) fail("the made-up interpreter is not read");
        for (unsigned long round = 0; round < rounds; round++) {
            unsigned damages = 1 + (unsigned)(next() % 8);
            for (unsigned i = 0; i < damages; i++) {
                // Mostly where something is.
                unsigned word = (unsigned)(next() % WORDS);
                for (unsigned tries = 0; whole[word] == 0 && tries < 200; tries++) word = (unsigned)(next() % WORDS);
                world[word] = damaged(world[word]);
            }
            if (check() < FRAMES) short_ones++;
            memcpy(world, whole, bytes);
        }
        if (check() != FRAMES) fail("what was damaged is remembered");
    }
    if (rounds && short_ones < rounds / 10) fail("the damage was not seen");
    printf("ok %llu\n", (unsigned long long)short_ones);
    return 0;
}
