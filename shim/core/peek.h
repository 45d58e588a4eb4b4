/// Reading this process's own memory where it may not be there, or not be what it seems: through process_vm_readv(2),
/// which says EFAULT where a load would kill.
///
/// One call costs about as much as five thin system calls, and each piece of memory in it half as much again (the
/// kernel walks the page tables and pins the page, mm/process_vm_access.c): so whole pages are read and kept for one
/// walk.
#ifndef SILT_PEEK_H
#define SILT_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SILT_PEEK_PAGE 4096u
#define SILT_PEEK_PAGES 8u
#define SILT_PEEK_PIECES 64u

/// Copies of pages, of one moment of this thread.
struct silt_peek {
    uintptr_t pages[SILT_PEEK_PAGES]; ///< address of each copy's page, 0: none
    unsigned next;                    ///< the copy that is replaced next
    uint8_t copies[SILT_PEEK_PAGES][SILT_PEEK_PAGE];
};

/// A piece of memory to be copied. A batch of them goes in one call.
struct silt_piece {
    uintptr_t from;
    void *to;
    size_t bytes;
};

/// Copies pieces, at most SILT_PEEK_PIECES of them, in order, up to the first that is not all there. Returns the bytes
/// copied.
size_t silt_peek_pieces(const struct silt_piece *pieces, unsigned count);

/// Forgets all copies.
void silt_peek_begin(struct silt_peek *peek);
/// Where `count` pages from the one of `address` on are to be copied to, as a piece; at most SILT_PEEK_PAGES.
struct silt_piece silt_peek_plan(struct silt_peek *peek, uintptr_t address, unsigned count);
/// `bytes` of a planned piece have arrived: its whole pages are good.
void silt_peek_arrived(struct silt_peek *peek, const struct silt_piece *piece, size_t bytes);
/// Copies out of pages that are there already.
bool silt_peek_find(const struct silt_peek *peek, uintptr_t from, void *to, size_t bytes);

#endif
