/// What the programs share: seeded numbers, blocks that carry a pattern, checkpoints at which the runner takes a
/// report.
///
/// A program's output is the same in every run with the same seed. It writes with write(2) only: stdio would allocate.
#ifndef TORTURE_H
#define TORTURE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// Bytes and number of the live blocks that the program itself asked for: what reports have to agree with.
static int64_t known_bytes, known_blocks;
/// For a process that may not ask for its pid any more.
static int known_pid;

static inline uint64_t torture_next(uint64_t *state) {
    // xorshift64: G. Marsaglia, "Xorshift RNGs", 2003.
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static inline uint64_t torture_seed(uint64_t seed, uint64_t stream) {
    uint64_t state = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15) ^ (stream + 1) * UINT64_C(0xBF58476D1CE4E5B9);
    return state ? state : 1;
}

__attribute__((format(printf, 1, 2))) static inline void say(const char *format, ...) {
    char line[512];
    __builtin_va_list list;
    __builtin_va_start(list, format);
    int length = vsnprintf(line, sizeof line, format, list);
    __builtin_va_end(list);
    if (length > 0 && write(1, line, (size_t)length) < 0) _exit(99);
}

#define REQUIRE(condition)                                                \
    do {                                                                  \
        if (!(condition)) {                                               \
            say("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);   \
            abort();                                                      \
        }                                                                 \
    } while (0)

/// The bytes that a block takes from glibc's heap: its size field, or its whole mapping (malloc/malloc.c, "Chunk
/// representations"; for a chunk with a mapping of its own, prev_size is the unused lead).
static inline int64_t chunk_bytes(const void *block) {
    const size_t *field = (const size_t *)block;
    size_t bytes = field[-1] & ~(size_t)7;
    return (int64_t)(field[-1] & 2 ? bytes + field[-2] : bytes);
}

static inline void know(const void *block, int sign) {
    if (!block) return;
    __atomic_fetch_add(&known_bytes, sign * chunk_bytes(block), __ATOMIC_RELAXED);
    __atomic_fetch_add(&known_blocks, sign, __ATOMIC_RELAXED);
}

/// Fills a block with a pattern of its size and a tag; `intact` finds every byte that changed since.
static inline void fill(void *block, size_t bytes, uint8_t tag) {
    uint8_t *at = (uint8_t *)block;
    for (size_t i = 0; i < bytes; i++) at[i] = (uint8_t)(tag + i * 131 + bytes);
}

static inline int intact(const void *block, size_t prefix, size_t bytes, uint8_t tag) {
    const uint8_t *at = (const uint8_t *)block;
    for (size_t i = 0; i < prefix; i++)
        if (at[i] != (uint8_t)(tag + i * 131 + bytes)) return 0;
    return 1;
}

static inline void *make(size_t bytes, uint8_t tag) {
    void *block = malloc(bytes);
    REQUIRE(block != NULL);
    know(block, 1);
    fill(block, bytes, tag);
    return block;
}

static inline void drop(void *block, size_t bytes, uint8_t tag) {
    REQUIRE(intact(block, bytes, bytes, tag));
    know(block, -1);
    free(block);
}

/// Says what is live by the program's own count, `loose` bytes and blocks of which may be wrong, and waits until the
/// runner has looked.
static inline void checkpoint_loose(const char *label, int64_t loose_bytes, int64_t loose_blocks) {
    say("check %d %s %lld %lld %lld %lld\n", known_pid ? known_pid : (int)getpid(), label, (long long)known_bytes,
        (long long)known_blocks, (long long)loose_bytes, (long long)loose_blocks);
    char answer;
    while (read(0, &answer, 1) == 1 && answer != '\n') {}
}

static inline void checkpoint(const char *label) { checkpoint_loose(label, 0, 0); }

static inline long argument(int count, char **values, int index, long otherwise) {
    return index < count ? atol(values[index]) : otherwise;
}

#endif
