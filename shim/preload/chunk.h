/// The geometry of a glibc chunk, from the pointer that the program holds. malloc/malloc.c, "Chunk representations":
/// the size field lies right before the block; its low bits are PREV_INUSE, IS_MMAPPED and NON_MAIN_ARENA; a chunk in
/// use extends over the first field (prev_size) of the next one. So the bytes that this block alone occupies are
/// [p - 8, p - 8 + size). A chunk with a mapping of its own has no next one, and prev_size bytes before it: its extent
/// is the whole mapping, [p - 16 - prev_size, p - 16 + size).
#ifndef SILT_CHUNK_H
#define SILT_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SILT_CHUNK_IS_MMAPPED 2u
#define SILT_CHUNK_NON_MAIN_ARENA 4u
#define SILT_CHUNK_FLAGS 7u
/// The smallest chunk that can have a mapping of its own: a page, of which none is smaller.
#define SILT_CHUNK_LEAST_MAPPED 4096u

static inline size_t silt_chunk_head(const void *block) { return ((const size_t *)block)[-1]; }
static inline size_t silt_chunk_bytes(const void *block) { return silt_chunk_head(block) & ~(size_t)SILT_CHUNK_FLAGS; }
static inline uintptr_t silt_chunk_start(const void *block) { return (uintptr_t)block - sizeof(size_t); }
static inline size_t silt_chunk_lead(const void *block) { return ((const size_t *)block)[-2]; }

#endif
