#include "cmark.h"

#define KNOWN (CMARK_REACHED | CMARK_SUSPECTED)

static inline uint8_t mark_of(const uint8_t *marks, uint32_t block) {
    return __atomic_load_n(&marks[block], __ATOMIC_RELAXED);
}

static inline void set_mark(uint8_t *marks, uint32_t block, uint8_t bit) {
    if (!(mark_of(marks, block) & bit)) __atomic_fetch_or(&marks[block], bit, __ATOMIC_RELAXED);
}

/// The first index in [low, high) whose block begins above an address.
static inline uint32_t above(const uint64_t *starts, uint32_t low, uint32_t high, uint64_t address) {
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (starts[middle] <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static __attribute__((noinline)) uint32_t find_large(const struct cmark_blocks *blocks, uint64_t address) {
    uint32_t low = 0, high = blocks->large_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (blocks->large_ends[middle] <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == blocks->large_count) return CMARK_NONE;
    uint32_t block = blocks->larges[low];
    return blocks->starts[block] <= address ? block : CMARK_NONE;
}

/// The leaf that covers an address, NULL where no block begins there.
static inline const uint32_t *leaf_of(const struct cmark_blocks *blocks, uint64_t address) {
    uint32_t unit = blocks->units[address >> CMARK_UNIT_SHIFT];
    if (unit == 0) return NULL;
    size_t entry = (size_t)(address >> CMARK_LEAF_SHIFT) % CMARK_ENTRIES;
    uint32_t leaf = blocks->middles[(size_t)(unit - 1) * CMARK_ENTRIES + entry];
    return leaf == 0 ? NULL : blocks->leaves + (size_t)(leaf - 1) * CMARK_LEAF_ENTRIES;
}

static inline uint32_t find(const struct cmark_blocks *blocks, uint64_t address) {
    // Most words are no addresses at all. All blocks lie below 2^47.
    if (address - blocks->low >= blocks->high - blocks->low) return CMARK_NONE;
    if (address >> CMARK_UNIT_SHIFT >= CMARK_UNITS) return CMARK_NONE;
    const uint32_t *leaf = leaf_of(blocks, address);
    if (!leaf) return blocks->large_count ? find_large(blocks, address) : CMARK_NONE;
    size_t granule = (size_t)(address >> CMARK_GRANULE_SHIFT) % CMARK_ENTRIES;
    uint32_t end = above(blocks->starts, leaf[granule], leaf[granule + 1], address);
    if (end == 0) return CMARK_NONE;
    uint64_t offset = address - blocks->starts[end - 1];
    uint32_t bytes = blocks->bytes[end - 1];
    if (offset < bytes || (offset == 8 && bytes == 8)) return bytes == UINT32_MAX ? find_large(blocks, address) : end - 1;
    return bytes == UINT32_MAX ? find_large(blocks, address) : CMARK_NONE;
}

uint32_t cmark_find(const struct cmark_blocks *blocks, uint64_t address) { return find(blocks, address); }

uint32_t cmark_first_at(const struct cmark_blocks *blocks, uint64_t address) {
    if (address == 0) return 0;
    return above(blocks->starts, 0, blocks->count, address - 1);
}

void cmark_roots(
    const struct cmark_blocks *blocks, const uint64_t *words, size_t count, uint8_t *marks, uint8_t bit, uint32_t *stack,
    size_t *depth) {
    for (size_t index = 0; index < count; index++) {
        uint32_t block = find(blocks, words[index]);
        if (block == CMARK_NONE) continue;
        if (stack && !(mark_of(marks, block) & (bit | CMARK_REACHED))) stack[(*depth)++] = block;
        set_mark(marks, block, bit);
    }
}

ptrdiff_t cmark_edges(
    const struct cmark_blocks *blocks, uint32_t source, const uint64_t *words, size_t count, uint8_t *marks,
    uint32_t *edges, size_t room) {
    size_t stored = 0;
    uint32_t last = source;
    for (size_t index = 0; index < count; index++) {
        uint32_t block = find(blocks, words[index]);
        // Most often a block leads to few others, again and again.
        if (block == CMARK_NONE || block == last || block == source) continue;
        last = block;
        if (mark_of(marks, block) & CMARK_REACHED) continue;
        if (mark_of(marks, source) & CMARK_REACHED) {
            set_mark(marks, block, CMARK_REACHED);
            continue;
        }
        if (stored == room) return -1;
        edges[stored++] = block;
    }
    return (ptrdiff_t)stored;
}

static inline const uint32_t *edges_of(const struct cmark_graph *graph, uint32_t block) {
    return graph->edges[block >= graph->split] + graph->firsts[block];
}

void cmark_spread(
    const struct cmark_graph *graph, uint8_t bit, uint32_t *stack, size_t depth, uint32_t *again, size_t *again_count) {
    while (depth > 0) {
        uint32_t block = stack[--depth];
        if (graph->firsts[block] == CMARK_NONE) continue;
        if (graph->firsts[block] == CMARK_AGAIN) {
            again[(*again_count)++] = block;
            continue;
        }
        const uint32_t *edge = edges_of(graph, block);
        for (;; edge++) {
            uint32_t target = *edge & ~CMARK_LAST;
            // Each block is put on the stack once for a bit.
            if (!(graph->marks[target] & (bit | CMARK_REACHED))) {
                graph->marks[target] |= bit;
                stack[depth++] = target;
            }
            if (*edge & CMARK_LAST) break;
        }
    }
}

size_t cmark_collect(const struct cmark_graph *graph, uint8_t bit, uint8_t unless, uint32_t *stack) {
    size_t depth = 0;
    for (uint32_t block = 0; block < graph->count; block++)
        if ((graph->marks[block] & bit) && !(graph->marks[block] & unless)) stack[depth++] = block;
    return depth;
}

void cmark_follow_leaked(const struct cmark_graph *graph) {
    for (uint32_t block = 0; block < graph->count; block++) {
        if ((graph->marks[block] & KNOWN) || graph->firsts[block] >= CMARK_AGAIN) continue;
        for (const uint32_t *edge = edges_of(graph, block);; edge++) {
            uint32_t target = *edge & ~CMARK_LAST;
            if (!(graph->marks[target] & KNOWN)) graph->marks[target] |= CMARK_INDIRECT;
            if (*edge & CMARK_LAST) break;
        }
    }
}

void cmark_follow_words(
    const struct cmark_blocks *blocks, uint32_t source, const uint64_t *words, size_t count, uint8_t *marks) {
    for (size_t index = 0; index < count; index++) {
        uint32_t block = find(blocks, words[index]);
        if (block == CMARK_NONE || block == source || (marks[block] & KNOWN)) continue;
        marks[block] |= CMARK_INDIRECT;
    }
}
