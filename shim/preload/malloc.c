/// The malloc family. Each function asks the real allocator and tells the core; nothing is decided here.
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "../core/book.h"
#include "../core/own.h"
#include "chunk.h"
#include "real.h"

/// What a block occupies, for the books.
struct extent {
    uintptr_t start;
    size_t bytes;
    unsigned flags; ///< enum silt_book_flags
};

static struct extent extent_of(void *block) {
    if (!silt_real_is_glibc) {
        // Other allocators: what they call usable. Large blocks are ranges, so that they cost no counters.
        const size_t large = 256 * 1024;
        size_t bytes = silt_real.malloc_usable_size ? silt_real.malloc_usable_size(block) : 0;
        return (struct extent){(uintptr_t)block, bytes, bytes >= large ? SILT_BOOK_BLOCK : 0};
    }
    size_t head = silt_chunk_head(block);
    size_t bytes = silt_chunk_bytes(block);
    if (head & SILT_CHUNK_IS_MMAPPED) {
        size_t lead = silt_chunk_lead(block);
        return (struct extent){(uintptr_t)block - 2 * sizeof(size_t) - lead, bytes + lead, SILT_BOOK_BLOCK};
    }
    return (struct extent){silt_chunk_start(block), bytes, head & SILT_CHUNK_NON_MAIN_ARENA ? SILT_BOOK_ARENA : 0};
}

/// Whether a block, or NULL, could be booked at once. A chunk with a mapping of its own never is, as it fills whole
/// pages: its size alone says so (malloc/malloc.c, sysmalloc_mmap), flags and all.
static inline __attribute__((always_inline)) enum silt_booked note_fast(void *block, int sign) {
    struct silt_hit hit;
    if (SILT_UNLIKELY(!silt_probe(silt_chunk_start(block), &hit))) return SILT_MISSED;
    size_t head = silt_chunk_head(block);
    if (SILT_UNLIKELY(head >= SILT_CHUNK_LEAST_MAPPED)) return SILT_MISSED;
    return silt_book_hit(&hit, (uint32_t)head & ~SILT_CHUNK_FLAGS, sign);
}

/// This function's frame, as memo.h wants it: everything outward of it stays as it is while the sample is recorded.
#define FRAME ((const uint64_t *)__builtin_frame_address(0))

/// Books a new block that the fast path turned away, and records it where it is a sample.
static __attribute__((noinline)) void *new_missed(void *block, size_t request) {
    if (!block) return block;
    struct extent extent = extent_of(block);
    if (silt_book_slow(extent.start, extent.bytes, extent.flags))
        silt_sample_new(extent.start, extent.bytes, request, FRAME);
    return block;
}

/// Records a new block, which is booked, as a sample.
static __attribute__((noinline)) void *new_sampled(void *block, size_t request) {
    struct extent extent = extent_of(block);
    silt_sample_new(extent.start, extent.bytes, request, FRAME);
    return block;
}

/// Rare paths end the function that calls them (a tail call), so that the fast one saves no more registers than one.
static inline __attribute__((always_inline)) void *note_new(void *block, size_t request) {
    enum silt_booked booked = note_fast(block, 1);
    if (SILT_LIKELY(booked == SILT_BOOKED)) return block;
    return booked == SILT_SAMPLED ? new_sampled(block, request) : new_missed(block, request);
}

/// While a stack is taken no way is found, so the unwinder's allocations come by here: they get other memory, and the
/// allocator its block back as it gave it.
static __attribute__((noinline)) void *fresh_missed(void *block, size_t request) {
    void *own = silt_is_observing() && block ? silt_own_alloc(request) : NULL;
    if (!own) return new_missed(block, request);
    silt_real.free(block);
    return own;
}

/// For a block without content, which may lie anywhere.
static inline __attribute__((always_inline)) void *note_fresh(void *block, size_t request) {
    enum silt_booked booked = note_fast(block, 1);
    if (SILT_LIKELY(booked == SILT_BOOKED)) return block;
    return booked == SILT_SAMPLED ? new_sampled(block, request) : fresh_missed(block, request);
}

/// Books the end of a block that the fast path turned away. `caller` is the code that frees it; 0: glibc does not see
/// it as a free (realloc unmaps the old block without moving the thresholds: malloc/malloc.c, __libc_realloc).
static __attribute__((noinline)) void end_rare(void *block, uintptr_t caller) {
    struct extent extent = extent_of(block);
    if (caller && silt_real_is_glibc && (extent.flags & SILT_BOOK_BLOCK)) silt_note_threshold(silt_chunk_bytes(block), caller);
    silt_book_slow(extent.start, extent.bytes, extent.flags | SILT_BOOK_FREE);
}

/// Booked before the real free: afterwards the addresses may be another thread's.
static __attribute__((noinline)) void free_rare(void *block, uintptr_t caller) {
    if (!block) return;
    if (SILT_UNLIKELY(silt_own_holds(block))) return silt_own_free(block);
    end_rare(block, caller);
    silt_real.free(block);
}

#define CALLER ((uintptr_t)__builtin_return_address(0))

SILT_EXPORT void *malloc(size_t bytes) { return note_fresh(silt_real.malloc(bytes), bytes); }

/// On a granule where a sample is known. Booked before the real free: afterwards the addresses may be another thread's.
static __attribute__((noinline)) void free_watched(void *block) {
    silt_book_watched(silt_chunk_start(block), silt_chunk_bytes(block));
    silt_real.free(block);
}

SILT_EXPORT void free(void *block) {
    enum silt_booked booked = note_fast(block, -1);
    if (SILT_LIKELY(booked == SILT_BOOKED)) return silt_real.free(block);
    if (booked == SILT_WATCHED) return free_watched(block);
    free_rare(block, CALLER);
}

/// A product that overflows is nobody's request: glibc returns NULL.
SILT_EXPORT void *calloc(size_t count, size_t bytes) { return note_fresh(silt_real.calloc(count, bytes), count * bytes); }

/// One of our own blocks becomes one of the program's.
static void *move_own(void *block, size_t bytes) {
    void *moved = bytes ? malloc(bytes) : NULL;
    size_t room = silt_own_bytes(block);
    if (moved) memcpy(moved, block, room < bytes ? room : bytes);
    if (moved || bytes == 0) silt_own_free(block);
    return moved;
}

/// The real realloc of a block whose end is booked.
static inline __attribute__((always_inline)) void *reallocate_ended(void *block, size_t bytes) {
    void *moved = silt_real.realloc(block, bytes);
    if (moved) return note_new(moved, bytes);
    // glibc frees a block that becomes 0 bytes and returns NULL; any other NULL left it as it was. Whether it is a
    // sample is decided anew, which leaves every estimate unbiased.
    if (bytes != 0) note_new(block, silt_real.malloc_usable_size(block));
    return NULL;
}

/// Apart from realloc, so that the questions are not asked on its fast path.
static __attribute__((noinline)) void *reallocate_rare(void *block, size_t bytes, uintptr_t caller) {
    if (silt_own_holds(block)) return move_own(block, bytes);
    end_rare(block, bytes == 0 ? caller : 0);
    return reallocate_ended(block, bytes);
}

static inline __attribute__((always_inline)) void *reallocate(void *block, size_t bytes, uintptr_t caller) {
    if (block == NULL) return note_fresh(silt_real.realloc(NULL, bytes), bytes);
    if (SILT_UNLIKELY(note_fast(block, -1) != SILT_BOOKED)) return reallocate_rare(block, bytes, caller);
    return reallocate_ended(block, bytes);
}

SILT_EXPORT void *realloc(void *block, size_t bytes) { return reallocate(block, bytes, CALLER); }

SILT_EXPORT void *reallocarray(void *block, size_t count, size_t bytes) {
    size_t product;
    // glibc's calls realloc through the symbol, which would come back here and be booked twice.
    if (__builtin_mul_overflow(count, bytes, &product)) {
        errno = ENOMEM;
        return NULL;
    }
    return reallocate(block, product, CALLER);
}

SILT_EXPORT int posix_memalign(void **block, size_t alignment, size_t bytes) {
    silt_real_resolve();
    int error = silt_real.posix_memalign(block, alignment, bytes);
    if (error == 0) note_new(*block, bytes);
    return error;
}

SILT_EXPORT void *aligned_alloc(size_t alignment, size_t bytes) {
    silt_real_resolve();
    return note_new(silt_real.aligned_alloc(alignment, bytes), bytes);
}

SILT_EXPORT void *memalign(size_t alignment, size_t bytes) {
    silt_real_resolve();
    return note_new(silt_real.memalign(alignment, bytes), bytes);
}

SILT_EXPORT void *valloc(size_t bytes) {
    silt_real_resolve();
    return note_new(silt_real.valloc(bytes), bytes);
}

SILT_EXPORT void *pvalloc(size_t bytes) {
    silt_real_resolve();
    return note_new(silt_real.pvalloc(bytes), bytes);
}

SILT_EXPORT size_t malloc_usable_size(void *block) {
    silt_real_resolve();
    if (SILT_UNLIKELY(block && silt_own_holds(block))) return silt_own_bytes(block);
    return silt_real.malloc_usable_size(block);
}

SILT_EXPORT void free_sized(void *block, size_t bytes) {
    if (SILT_UNLIKELY(note_fast(block, -1) != SILT_BOOKED)) return free_rare(block, CALLER);
    if (silt_real.free_sized)
        silt_real.free_sized(block, bytes);
    else
        silt_real.free(block);
}

SILT_EXPORT void free_aligned_sized(void *block, size_t alignment, size_t bytes) {
    if (SILT_UNLIKELY(note_fast(block, -1) != SILT_BOOKED)) return free_rare(block, CALLER);
    if (silt_real.free_aligned_sized)
        silt_real.free_aligned_sized(block, alignment, bytes);
    else
        silt_real.free(block);
}

SILT_EXPORT int malloc_trim(size_t pad) {
    silt_real_resolve();
    silt_note_trim();
    return silt_real.malloc_trim(pad);
}

SILT_EXPORT int mallopt(int parameter, int value) {
    silt_real_resolve();
    int done = silt_real.mallopt(parameter, value);
    if (done) silt_note_setting(parameter, value);
    return done;
}
