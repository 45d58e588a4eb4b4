#include "peek.h"

#include <string.h>
#include <sys/uio.h>

#include "state.h"

size_t silt_peek_pieces(const struct silt_piece *pieces, unsigned count) {
    struct iovec here[SILT_PEEK_PIECES], there[SILT_PEEK_PIECES];
    if (count > SILT_PEEK_PIECES) return 0;
    for (unsigned i = 0; i < count; i++) {
        here[i] = (struct iovec){pieces[i].to, pieces[i].bytes};
        there[i] = (struct iovec){(void *)pieces[i].from, pieces[i].bytes};
    }
    ssize_t got = process_vm_readv((pid_t)silt_core.pid, here, count, there, count, 0);
    return got < 0 ? 0 : (size_t)got;
}

void silt_peek_begin(struct silt_peek *peek) {
    memset(peek->pages, 0, sizeof peek->pages);
    peek->next = 0;
}

struct silt_piece silt_peek_plan(struct silt_peek *peek, uintptr_t address, unsigned count) {
    // Pages that are read together lie together.
    if (peek->next + count > SILT_PEEK_PAGES) peek->next = 0;
    unsigned first = peek->next;
    for (unsigned i = 0; i < count; i++) peek->pages[first + i] = 0;
    peek->next = first + count;
    return (struct silt_piece){address & ~(uintptr_t)(SILT_PEEK_PAGE - 1), peek->copies[first],
                               (size_t)count * SILT_PEEK_PAGE};
}

void silt_peek_arrived(struct silt_peek *peek, const struct silt_piece *piece, size_t bytes) {
    size_t first = (size_t)((uint8_t *)piece->to - peek->copies[0]) / SILT_PEEK_PAGE;
    for (size_t i = 0; i < bytes / SILT_PEEK_PAGE && i < piece->bytes / SILT_PEEK_PAGE; i++)
        peek->pages[first + i] = piece->from + i * SILT_PEEK_PAGE;
}

static const uint8_t *copy_of(const struct silt_peek *peek, uintptr_t page) {
    for (unsigned i = 0; i < SILT_PEEK_PAGES; i++)
        if (peek->pages[i] == page) return peek->copies[i];
    return NULL;
}

bool silt_peek_find(const struct silt_peek *peek, uintptr_t from, void *to, size_t bytes) {
    uint8_t *out = to;
    while (bytes > 0) {
        size_t at = from % SILT_PEEK_PAGE;
        size_t part = bytes < SILT_PEEK_PAGE - at ? bytes : SILT_PEEK_PAGE - at;
        const uint8_t *copy = from >= SILT_PEEK_PAGE ? copy_of(peek, from - at) : NULL;
        if (!copy) return false;
        memcpy(out, copy + at, part);
        out += part;
        from += part;
        bytes -= part;
    }
    return true;
}
