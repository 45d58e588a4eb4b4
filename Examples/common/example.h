/// What all example programs share: the books on their own blocks, and the protocol of ../README.md.
///
/// Include it first. Nothing here allocates from the heap beside example_malloc, so that a program's heap holds what
/// its main.c asks for and nothing else: lines are formatted on the stack and written by write(2), since stdio (and
/// dprintf, through _IO_file_doallocate in glibc's libio/filedoalloc.c) would malloc a buffer.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EXAMPLE_API __attribute__((unused, noinline)) static

enum { KiB = 1 << 10, MiB = 1 << 20 };

/// One definition, however many files of a program include this.
#define EXAMPLE_STATE __attribute__((weak))

/// Chunk bytes and number of the blocks that the program holds; its threads add to them too.
EXAMPLE_STATE size_t example_live_bytes, example_live_blocks;
EXAMPLE_STATE bool example_waits, example_gates, example_trims;

/// A step that cannot fail, failed: the example would not show what it promises.
EXAMPLE_API void example_require(bool holds, const char *what) {
    if (holds) return;
    char line[160];
    int length = snprintf(line, sizeof line, "example: %s: %s\n", what, strerror(errno));
    if (write(STDERR_FILENO, line, (size_t)length) < 0) _exit(71);
    _exit(70);
}

/// What a block takes of the heap, its header included, in bytes.
///
/// glibc's malloc/malloc.c: an ordinary chunk is the usable size and its own size field; one with a mapping of its own
/// (IS_MMAPPED, bit 1 of the size field before the block) has two fields.
EXAMPLE_API size_t example_chunk_bytes(void *block) {
    size_t field;
    memcpy(&field, (char *)block - sizeof field, sizeof field);
    return malloc_usable_size(block) + (field & 2 ? 2 : 1) * sizeof(size_t);
}

/// Enters a block that came from any function of the malloc family.
EXAMPLE_API void *example_hold(void *block) {
    example_require(block != NULL, "malloc");
    __atomic_fetch_add(&example_live_bytes, example_chunk_bytes(block), __ATOMIC_RELAXED);
    __atomic_fetch_add(&example_live_blocks, 1, __ATOMIC_RELAXED);
    return block;
}

/// Strikes a block off the books; the caller frees or reallocates it.
EXAMPLE_API void *example_drop(void *block) {
    __atomic_fetch_sub(&example_live_bytes, example_chunk_bytes(block), __ATOMIC_RELAXED);
    __atomic_fetch_sub(&example_live_blocks, 1, __ATOMIC_RELAXED);
    return block;
}

/// A block of `size` bytes, every one written.
EXAMPLE_API void *example_malloc(size_t size) { return memset(example_hold(malloc(size)), 0x5a, size); }

EXAMPLE_API void example_free(void *block) { free(example_drop(block)); }

EXAMPLE_API void example_print(const char *line) {
    size_t length = strlen(line);
    example_require(write(STDOUT_FILENO, line, length) == (ssize_t)length, "write");
}

/// `Rss` of /proc/self/smaps_rollup, in bytes.
EXAMPLE_API size_t example_rss(void) {
    char text[2048];
    int file = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
    example_require(length > 0, "smaps_rollup");
    close(file);
    text[length] = 0;
    char *field = strstr(text, "Rss:");
    example_require(field != NULL, "Rss");
    return strtoul(field + 4, NULL, 10) * KiB;
}

/// Trims, and says what that did to the resident set.
EXAMPLE_API void example_trim(void) {
    example_rss();  // The first reading may itself make pages of libc and of the stack resident.
    size_t before = example_rss();
    malloc_trim(0);
    size_t after = example_rss();
    char line[160];
    snprintf(line, sizeof line, "{\"trimmed\":true,\"before_rss\":%zu,\"after_rss\":%zu}\n", before, after);
    example_print(line);
}

/// Reads the options. With `--gate`, says that the work has not begun and waits for one line on standard input.
///
/// A program calls it when all that is not its work is done: threads are created before, because the C library
/// allocates their thread-local storage from the heap.
EXAMPLE_API void example_begin(int count, char **arguments) {
    for (int i = 1; i < count; i++) {
        example_waits |= strcmp(arguments[i], "--wait") == 0 || strcmp(arguments[i], "--trim") == 0;
        example_gates |= strcmp(arguments[i], "--gate") == 0;
        example_trims |= strcmp(arguments[i], "--trim") == 0;
    }
    if (!example_gates) return;
    char line[80];
    snprintf(line, sizeof line, "{\"begun\":true,\"pid\":%d}\n", (int)getpid());
    example_print(line);
    char byte = 0;
    ssize_t length = 1;
    while (byte != '\n' && (length == 1 || (length < 0 && errno == EINTR))) length = read(STDIN_FILENO, &byte, 1);
}

/// Says that the memory is now as the example's README describes it.
EXAMPLE_API void example_say_ready(void) {
    char line[200];
    struct mallinfo2 info = mallinfo2();
    snprintf(
        line, sizeof line,
        "{\"ready\":true,\"pid\":%d,\"live_bytes\":%zu,\"live_blocks\":%zu,\"in_use_bytes\":%zu}\n", (int)getpid(),
        example_live_bytes, example_live_blocks, info.uordblks + info.hblkhd);
    example_print(line);
}

/// Holds the memory as it is, for whoever reads it.
EXAMPLE_API void example_stay(void) {
    if (!example_waits) {
        nanosleep(&(struct timespec){.tv_nsec = 300 * 1000 * 1000}, NULL);
        return;
    }
    bool trims = example_trims;
    char input[64];
    for (;;) {
        ssize_t length = read(STDIN_FILENO, input, sizeof input);
        if (length == 0 || (length < 0 && errno != EINTR)) return;
        if (length > 0 && trims && memchr(input, '\n', (size_t)length)) {
            example_trim();
            trims = false;
        }
    }
}

/// The end of main in a program of one process.
EXAMPLE_API int example_ready(void) {
    example_say_ready();
    example_stay();
    return 0;
}
