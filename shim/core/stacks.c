/// Stacks are told apart by a hash of 64 bits over all their frames: among 262,144 of them two differ and meet once in
/// 500 million processes, which is cheaper to accept than to compare frames.
#include "stacks.h"

#include <string.h>

#include "arch.h"
#include "index.h"
#include "memo.h"
#include "nodes.h"
#include "python.h"
#include "state.h"

struct node {
    uint64_t hash;
    uint32_t next; ///< 1 + number
};

static struct {
    struct silt_lock lock; ///< of whoever adds one
    struct silt_index index;
    struct silt_nodes nodes;
    uint32_t count;
    uint64_t frames; ///< used of SILT_SECTION_FRAMES
} table;

static struct node *node_at(uint32_t link) { return silt_nodes_at(&table.nodes, link - 1, sizeof(struct node)); }

/// What is taken of one stack before it is known whether it is a new one.
struct taken {
    uint64_t frames[2 * SILT_FRAMES_AT_MOST]; ///< native ones, then Python's
    unsigned native;
    unsigned python;
    uint32_t flags; ///< SILT_STACK_*
};

/// One multiplication a frame. Mixes as wyhash's last step does: both halves of the product (Wang Yi, wyhash, 2019).
static uint64_t mix(uint64_t hash, uint64_t value) {
    __uint128_t product = (__uint128_t)(hash ^ value) * UINT64_C(0xA0761D6478BD642F);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/// The same addresses are another stack where another module was loaded at them.
static uint64_t hash_of(const struct taken *taken) {
    uint64_t hash = mix(UINT64_C(0xE7037ED1A0B428DB), taken->native);
    for (unsigned i = 0; i < taken->native; i++)
        if (!silt_module_lasts(taken->frames[i])) hash = mix(hash, silt_module_of(taken->frames[i]));
    for (unsigned i = 0; i < taken->native + taken->python; i++) hash = mix(hash, taken->frames[i]) + i;
    return hash;
}

static uint32_t find(uint64_t hash) {
    uint32_t link = __atomic_load_n(silt_index_head(&table.index, hash), __ATOMIC_ACQUIRE);
    // Growth changes links under whoever looks without the lock: then it may walk long, or miss and ask again with it.
    for (unsigned steps = 0; link && steps < 1000; steps++) {
        const struct node *node = node_at(link);
        if (node->hash == hash) return link;
        link = __atomic_load_n(&node->next, __ATOMIC_ACQUIRE);
    }
    return 0;
}

static void chain(uint32_t link) {
    uint32_t *head = silt_index_head(&table.index, node_at(link)->hash);
    node_at(link)->next = *head;
    __atomic_store_n(head, link, __ATOMIC_RELEASE);
}

static void grow_if_crowded(void) {
    if (table.count <= silt_index_heads(&table.index)->mask) return;
    struct silt_heads *heads = silt_index_grown(&table.index);
    if (!heads) return;
    silt_index_publish(&table.index, heads);
    for (uint32_t link = 1; link <= table.count; link++) chain(link);
}

/// Writes the segment's entries. Under the lock.
static uint32_t add(const struct taken *taken, uint64_t hash) {
    unsigned frames = taken->native + taken->python;
    uint32_t link = table.count + 1;
    if (link > silt_core.stack_capacity || table.frames + frames > silt_core.frame_capacity) return 0;
    if (!silt_nodes_reserve(&table.nodes, link - 1, sizeof(struct node)) ||
        !silt_segment_publish_count(SILT_SECTION_FRAMES, table.frames + frames) ||
        !silt_segment_reserve(SILT_SECTION_STACKS, link))
        return 0;
    for (unsigned i = 0; i < frames; i++) {
        uint64_t frame = taken->frames[i];
        bool is_native = i < taken->native;
        silt_core.frames[table.frames + i] =
            is_native ? (frame & SILT_FRAME_ADDRESS) | SILT_FRAME_MODULE(silt_module_of(frame)) : frame;
    }
    silt_core.stacks[link - 1] = (struct silt_stack){.first_frame = table.frames,
                                                     .frames = (uint16_t)taken->native,
                                                     .python_frames = (uint16_t)taken->python,
                                                     .flags = taken->flags};
    silt_segment_publish_count(SILT_SECTION_STACKS, link);
    table.frames += frames;
    table.count = link;
    node_at(link)->hash = hash;
    chain(link);
    grow_if_crowded();
    return link;
}

static uint32_t intern(const struct taken *taken) {
    uint64_t hash = hash_of(taken);
    uint32_t link = find(hash);
    if (SILT_LIKELY(link)) return link;
    if (!silt_lock(&table.lock)) return 0;
    link = find(hash);
    if (!link) link = add(taken, hash);
    silt_unlock(&table.lock);
    return link;
}

static void end_capture(void) { __atomic_fetch_sub(&silt_core.captures, 1, __ATOMIC_SEQ_CST); }

/// False: a fork is going on, which waits until nobody is inside the unwinder. Its order: it says so, then looks at the
/// captures; here the other way round.
static bool begin_capture(void) {
    __atomic_fetch_add(&silt_core.captures, 1, __ATOMIC_SEQ_CST);
    if (SILT_LIKELY(!__atomic_load_n(&silt_core.hold, __ATOMIC_SEQ_CST))) return true;
    end_capture();
    return false;
}

/// Takes a stack at full cost.
static uint32_t take(struct silt_thread *thread, const uint64_t *frame, struct taken *taken) {
    const struct silt_own_stack unknown = {0, 0};
    void *addresses[SILT_FRAMES_AT_MOST];
    if (!begin_capture()) return 0;
    struct silt_thread *self = silt_core_observe();
    taken->native = silt_core.unwinder(thread, addresses, SILT_FRAMES_AT_MOST);
    for (unsigned i = 0; i < taken->native; i++) taken->frames[i] = (uintptr_t)addresses[i];
    if (taken->native) taken->python = silt_python_frames(taken->frames + taken->native, SILT_FRAMES_AT_MOST, unknown);
    if (taken->native == SILT_FRAMES_AT_MOST) taken->flags |= SILT_STACK_CUT;
    uint32_t stack = taken->native ? intern(taken) : 0;
    if (frame && stack)
        silt_memo_note(thread, frame, taken->frames, taken->native, taken->python ? 0 : stack);
    silt_core_observed(self);
    end_capture();
    return stack;
}

/// The native frames are known: CPython's are taken.
static uint32_t take_python(const struct silt_memo *memo, struct taken *taken) {
    taken->native = memo->frames;
    for (unsigned i = 0; i < memo->frames; i++) taken->frames[i] = memo->word[i];
    struct silt_own_stack stack = {(uintptr_t)memo->frame, (uintptr_t)&memo->frame[memo->at[memo->frames - 1]]};
    struct silt_thread *self = silt_core_observe();
    taken->python = silt_python_frames(taken->frames + taken->native, SILT_FRAMES_AT_MOST, stack);
    silt_core_observed(self);
    return intern(taken);
}

uint32_t silt_stack_take(struct silt_thread *thread, const uint64_t *frame) {
    // An unwinder blocks signals and asks the loader: under a filter that would be system calls of ours.
    if (!silt_core.unwinder || !thread || silt_core_is_confined()) return 0;
    struct taken taken; // its 1 KiB of frames is not worth clearing
    taken.python = taken.flags = 0;
    const struct silt_memo *memo = frame ? silt_memo_find(thread, frame) : NULL;
    if (!memo) return take(thread, frame, &taken);
    return SILT_LIKELY(memo->stack) ? memo->stack : take_python(memo, &taken);
}

void silt_stacks_start(void) { silt_index_clear(&table.index); }

void silt_stacks_adopt(const struct silt_mapped *parents) {
    // Somebody who is not in this process may have been adding something: what was published then counts.
    table.lock = (struct silt_lock){0};
    silt_modules_adopt();
    silt_tags_adopt();
    silt_python_forked();
    silt_memos_forget();
    const struct {
        enum silt_section_kind kind;
        uint64_t count;
        void *into;
        size_t bytes;
    } tables[] = {
        {SILT_SECTION_TEXT, silt_core.text_used, silt_core.text, 1},
        {SILT_SECTION_CODE, silt_code_count(), silt_core.codes, sizeof(struct silt_code)},
        {SILT_SECTION_MODULES, silt_core.module_count, silt_core.modules, sizeof(struct silt_module)},
        {SILT_SECTION_TAGS, silt_core.tag_count, silt_core.tags, sizeof(struct silt_tag)},
        {SILT_SECTION_FRAMES, table.frames, silt_core.frames, sizeof(uint64_t)},
        {SILT_SECTION_STACKS, table.count, silt_core.stacks, sizeof(struct silt_stack)},
    };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (silt_segment_publish_count(tables[i].kind, tables[i].count))
            memcpy(tables[i].into, parents->base + parents->offset[tables[i].kind], tables[i].count * tables[i].bytes);
}

void silt_core_set_thread_preparation(void (*prepare)(void)) { silt_core.prepare_thread = prepare; }

void silt_core_set_unwinder(silt_unwinder unwinder, uint32_t how) {
    silt_core.unwinder = unwinder;
    silt_core.unwinder_state = how;
    if (silt_core.header) silt_core.header->unwinder = how;
}

