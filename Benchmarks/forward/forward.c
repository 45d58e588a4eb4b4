/// The yardstick: a preloadable library that forwards the malloc family and does nothing else. What silt's library
/// costs beyond this one is the cost of its books; what this one costs is the price of any interposition.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/// Where each function is forwarded to; all are null until the first call, and set together.
static struct {
    void *(*malloc)(size_t);
    void (*free)(void *);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    int (*posix_memalign)(void **, size_t, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    void *(*memalign)(size_t, size_t);
    void *(*valloc)(size_t);
    void *(*pvalloc)(size_t);
    size_t (*malloc_usable_size)(void *);
} next;

/// Serves the calls that dlsym makes itself while `next` is being filled. Never freed.
static _Alignas(64) char early[16384];
static size_t early_used;

static void *early_block(size_t size) {
    size_t at = early_used;
    size_t rounded = (size + 15) & ~(size_t)15;
    if (rounded < size || rounded > sizeof early - at) return errno = ENOMEM, NULL;
    early_used = at + rounded;
    return early + at;
}

static int is_early(const void *block) { return (uintptr_t)block - (uintptr_t)early < sizeof early; }

/// Whether `next` may be used; not while it is being filled.
static __attribute__((noinline)) int resolve(void) {
    static int resolving;
    if (next.malloc_usable_size) return 1;
    if (resolving) return 0;
    resolving = 1;
#define RESOLVE(name) next.name = (__typeof__(next.name))dlsym(RTLD_NEXT, #name)
    RESOLVE(malloc);
    RESOLVE(free);
    RESOLVE(calloc);
    RESOLVE(realloc);
    RESOLVE(posix_memalign);
    RESOLVE(aligned_alloc);
    RESOLVE(memalign);
    RESOLVE(valloc);
    RESOLVE(pvalloc);
    RESOLVE(malloc_usable_size);
#undef RESOLVE
    resolving = 0;
    return 1;
}

static __attribute__((constructor)) void start(void) { resolve(); }

static __attribute__((noinline)) void *first_malloc(size_t size) {
    return resolve() ? next.malloc(size) : early_block(size);
}

static __attribute__((noinline)) void first_free(void *block) {
    if (!is_early(block) && resolve()) next.free(block);
}

// The two that are timed: one branch each, and a tail call.

EXPORT void *malloc(size_t size) {
    if (UNLIKELY(!next.malloc)) return first_malloc(size);
    return next.malloc(size);
}

EXPORT void free(void *block) {
    if (UNLIKELY(!next.free || is_early(block))) return first_free(block);
    next.free(block);
}

EXPORT void *calloc(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return errno = ENOMEM, NULL;
    if (UNLIKELY(!next.calloc) && !resolve()) return early_block(bytes);
    return next.calloc(count, size);
}

EXPORT void *realloc(void *block, size_t size) {
    if (UNLIKELY(is_early(block))) {
        void *moved = malloc(size);
        size_t rest = (size_t)(early + sizeof early - (char *)block);
        return moved ? memcpy(moved, block, size < rest ? size : rest) : NULL;
    }
    if (UNLIKELY(!next.realloc) && !resolve()) return early_block(size);
    return next.realloc(block, size);
}

EXPORT void *reallocarray(void *block, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return errno = ENOMEM, NULL;
    return realloc(block, bytes);
}

EXPORT int posix_memalign(void **block, size_t alignment, size_t size) {
    if (UNLIKELY(!next.posix_memalign) && !resolve()) return ENOMEM;
    return next.posix_memalign(block, alignment, size);
}

#define FORWARD_ALIGNED(name)                                                          \
    EXPORT void *name(size_t alignment, size_t size) {                                 \
        if (UNLIKELY(!next.name) && !resolve()) return errno = ENOMEM, NULL;           \
        return next.name(alignment, size);                                             \
    }
FORWARD_ALIGNED(aligned_alloc)
FORWARD_ALIGNED(memalign)

#define FORWARD_PAGES(name)                                                            \
    EXPORT void *name(size_t size) {                                                   \
        if (UNLIKELY(!next.name) && !resolve()) return errno = ENOMEM, NULL;           \
        return next.name(size);                                                        \
    }
FORWARD_PAGES(valloc)
FORWARD_PAGES(pvalloc)

EXPORT size_t malloc_usable_size(void *block) {
    if (UNLIKELY(is_early(block))) return 0;
    if (UNLIKELY(!next.malloc_usable_size) && !resolve()) return 0;
    return next.malloc_usable_size(block);
}
