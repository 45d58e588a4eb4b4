/// The inner loops of a conservative mark: what words lead to. Pure: nothing is read but what is passed in.
///
/// In C because two threads mark in the same bytes, by relaxed atomic operations that Swift has no word for on memory of
/// its own. Blocks are known by their index in the order of addresses.
#ifndef SILT_CMARK_H
#define SILT_CMARK_H

#include <stddef.h>
#include <stdint.h>

enum {
    /// A granule is 4096 bytes; a leaf has 512 of them (2 MiB), a middle 512 leaves (1 GiB).
    CMARK_GRANULE_SHIFT = 12,
    CMARK_LEAF_SHIFT = 21,
    CMARK_UNIT_SHIFT = 30,
    CMARK_ENTRIES = 512,
    /// One more, for the end of the last granule.
    CMARK_LEAF_ENTRIES = 513,
    /// Of user space on x86-64 below 2^47, which no hint of malloc's exceeds (Documentation/arch/x86/x86_64/mm.rst).
    CMARK_UNITS = 1 << 17,
};

/// No block.
#define CMARK_NONE UINT32_MAX
/// In `firsts`: the block has edges that had no room, and has to be read again.
#define CMARK_AGAIN (UINT32_MAX - 1)
/// In an edge: it is the last one of its block.
#define CMARK_LAST 0x80000000u

/// Bits of a block's mark.
enum {
    CMARK_REACHED = 1,   ///< a root leads to it
    CMARK_SUSPECTED = 2, ///< heap memory of which nothing is known leads to it
    CMARK_INDIRECT = 4,  ///< another leaked block leads to it
};

/// The blocks, ascending and disjoint, and the way from an address to its block.
///
/// `units[address >> 30]` is 1 + the index of a middle, or 0; a middle's entries are 1 + the index of a leaf, or 0; entry g
/// of a leaf is the first block that begins at or after granule g of the leaf.
struct cmark_blocks {
    const uint64_t *starts;
    const uint32_t *bytes; ///< UINT32_MAX: see `larges`
    uint32_t count;
    uint64_t low;  ///< where the first begins
    uint64_t high; ///< where the last ends, and 8 more for an end that counts
    const uint32_t *units;
    const uint32_t *middles;
    const uint32_t *leaves;
    /// Ascending: the blocks that reach to where no leaf is, or are of 4 GiB and more.
    const uint32_t *larges;
    const uint64_t *large_ends;
    uint32_t large_count;
};

/// The block that an address lies in, or CMARK_NONE.
///
/// As LeakSanitizer has it (compiler-rt/lib/lsan/lsan_allocator.cpp, PointsIntoChunk): the end of a block is no part of it,
/// but for a block of 8 bytes (lsan_common.h, IsSpecialCaseOfOperatorNew0: what `new T[0]` returns lies behind the count
/// that it keeps; whether that count is 0 is not looked at here).
uint32_t cmark_find(const struct cmark_blocks *blocks, uint64_t address);

/// The number of blocks that begin below an address.
uint32_t cmark_first_at(const struct cmark_blocks *blocks, uint64_t address);

/// Sets `bit` on every block that a word leads to.
///
/// - stack: where it is not NULL, blocks that had none of the bits `bit` and CMARK_REACHED are put on it, and `depth` grows.
void cmark_roots(
    const struct cmark_blocks *blocks, const uint64_t *words, size_t count, uint8_t *marks, uint8_t bit, uint32_t *stack,
    size_t *depth);

/// Notes where the words of block `source` lead. A reached source reaches at once; of any other the targets that are not
/// reached yet are stored at `edges`, but for itself.
///
/// Returns how many were stored, or -1 where `room` was too little.
ptrdiff_t cmark_edges(
    const struct cmark_blocks *blocks, uint32_t source, const uint64_t *words, size_t count, uint8_t *marks,
    uint32_t *edges, size_t room);

/// What was read of the blocks: where the edges of each begin. Blocks below `split` have theirs in edges[0].
struct cmark_graph {
    uint32_t count;
    uint32_t split;
    const uint32_t *firsts; ///< CMARK_NONE: it has none
    const uint32_t *edges[2];
    uint8_t *marks;
};

/// Carries `bit` along the edges from the blocks on the stack, which has room for all blocks. What has to be read again is
/// put into `again`, which has as much room, and counted.
void cmark_spread(const struct cmark_graph *graph, uint8_t bit, uint32_t *stack, size_t depth, uint32_t *again, size_t *again_count);

/// Puts every block that has `bit` and none of `unless` on the stack.
size_t cmark_collect(const struct cmark_graph *graph, uint8_t bit, uint8_t unless, uint32_t *stack);

/// Sets CMARK_INDIRECT on what a leaked block leads to.
void cmark_follow_leaked(const struct cmark_graph *graph);

/// Sets CMARK_INDIRECT on the leaked blocks that words of the leaked block `source` lead to, but for itself.
void cmark_follow_words(
    const struct cmark_blocks *blocks, uint32_t source, const uint64_t *words, size_t count, uint8_t *marks);

#endif
