/// The functions that libsilt.so stands in front of, as the next library in line defines them.
#ifndef SILT_REAL_H
#define SILT_REAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct rlimit;

/// What the interposers export. Everything else stays hidden.
#define SILT_EXPORT __attribute__((visibility("default")))

// result, name, parameters: one list makes the table and the look-ups.
#define SILT_REAL_FUNCTIONS(X)                                               \
    X(void *, malloc, (size_t))                                              \
    X(void, free, (void *))                                                  \
    X(void *, calloc, (size_t, size_t))                                      \
    X(void *, realloc, (void *, size_t))                                     \
    X(int, posix_memalign, (void **, size_t, size_t))                        \
    X(void *, aligned_alloc, (size_t, size_t))                               \
    X(void *, memalign, (size_t, size_t))                                    \
    X(void *, valloc, (size_t))                                              \
    X(void *, pvalloc, (size_t))                                             \
    X(size_t, malloc_usable_size, (void *))                                  \
    X(int, malloc_trim, (size_t))                                            \
    X(int, mallopt, (int, int))                                              \
    X(void *, mmap, (void *, size_t, int, int, int, off_t))                  \
    X(int, munmap, (void *, size_t))                                         \
    X(void *, mremap, (void *, size_t, size_t, int, ...))                    \
    X(int, prlimit64, (pid_t, int, const struct rlimit *, struct rlimit *))  \
    X(int, prctl, (int, unsigned long, unsigned long, unsigned long, unsigned long)) \
    X(long, syscall, (long, long, long, long, long, long, long))             \
    X(int, dlclose, (void *))                                                \
    X(int, execve, (const char *, char *const[], char *const[]))             \
    X(int, execvpe, (const char *, char *const[], char *const[]))            \
    X(int, fexecve, (int, char *const[], char *const[]))

struct silt_real {
#define SILT_FIELD(result, name, parameters) result(*name) parameters;
    SILT_REAL_FUNCTIONS(SILT_FIELD)
#undef SILT_FIELD
    void (*free_sized)(void *, size_t);                 ///< C23, NULL where libc has none
    void (*free_aligned_sized)(void *, size_t, size_t); ///< likewise
    void (*_exit)(int) __attribute__((noreturn));
};

/// Before the look-ups, malloc, free, calloc and realloc point at functions that make them first: so the hot path needs
/// no check.
extern struct silt_real silt_real __attribute__((visibility("hidden")));
/// Whether malloc is glibc's own: chunk headers can be read.
extern bool silt_real_is_glibc __attribute__((visibility("hidden")));

/// Looks everything up and starts the books. Safe to call again.
void silt_real_resolve(void);

#endif
