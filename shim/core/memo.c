#include "memo.h"

#include "arch.h"
#include "pages.h"
#include "state.h"

#define SETS 64u
#define WAYS 2u
/// Finding the words takes as long as several hundred stacks that are remembered: so many in advance, and then one for
/// each so many that were found again.
#define WORDS_FOUND_FREELY 64u
#define HITS_FOR_ONE 256u
/// The outermost frame lies so near the end of its stack: what is behind it are thread-local memory and struct pthread,
/// or the main thread's arguments.
#define END_BYTES ((uintptr_t)64 << 10)
/// A frame that is larger leads nowhere: two stacks may lie behind one another.
#define FRAME_BYTES ((uintptr_t)64 << 10)

struct silt_memos {
    uintptr_t owner; ///< thread pointer
    uint64_t hits;
    uint64_t found; ///< stacks whose words were looked for
    uint32_t next_way;
    struct silt_memo memos[SETS][WAYS];
};

static struct {
    silt_memorizer memorizer;
    uintptr_t main_end;
    struct silt_memos *of_slot[SILT_MAX_SLOTS];
    uint32_t over; ///< nothing is remembered any more
} all;

void silt_core_set_memorizer(silt_memorizer memorizer, uintptr_t end) {
    all.main_end = end;
    // Where samples are rare the words would cost more than they save.
    all.memorizer = silt_core.sample_mean < 4096 ? memorizer : NULL;
}

/// This thread's; NULL: there is no memory for it.
static struct silt_memos *memos_of(struct silt_thread *thread) {
    struct silt_memos *memos = all.of_slot[thread->index];
    if (!memos) {
        if (silt_core_is_confined()) return NULL;
        memos = silt_pages_map(sizeof *memos);
        if (!memos) return NULL;
        silt_observer_add((uintptr_t)memos, sizeof *memos);
        all.of_slot[thread->index] = memos;
    }
    uintptr_t self = silt_thread_pointer();
    if (SILT_UNLIKELY(memos->owner != self)) {
        for (unsigned i = 0; i < SETS * WAYS; i++) memos->memos[i / WAYS][i % WAYS].frame = NULL;
        memos->owner = self;
    }
    return memos;
}

/// By the depth, and by the word that is malloc's return address, as malloc saves one register.
static struct silt_memo *set_of(struct silt_memos *memos, const uint64_t *frame) {
    uint64_t key = ((uintptr_t)frame ^ frame[3] << 4) * UINT64_C(0x9E3779B97F4A7C15);
    return memos->memos[key >> 32 & (SETS - 1)];
}

static bool is_same(const struct silt_memo *memo, const uint64_t *frame) {
    uint32_t changes = memo->changes;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (memo->frame != frame || memo->words == 0) return false;
    for (unsigned i = 0; i < memo->words; i++)
        if (frame[memo->at[i]] != memo->word[i]) return false;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    return memo->changes == changes;
}

const struct silt_memo *silt_memo_find(struct silt_thread *thread, const uint64_t *frame) {
    if (!all.memorizer || SILT_UNLIKELY(__atomic_load_n(&all.over, __ATOMIC_RELAXED))) return NULL;
    struct silt_memos *memos = memos_of(thread);
    if (!memos) return NULL;
    const struct silt_memo *memo = set_of(memos, frame);
    for (unsigned way = 0; way < WAYS; way++)
        if (is_same(&memo[way], frame)) {
            memos->hits++;
            return &memo[way];
        }
    return NULL;
}

bool silt_memo_add(struct silt_memo *memo, const uint64_t *frame, uintptr_t place) {
    uintptr_t words = (place - (uintptr_t)frame) / sizeof(uint64_t);
    if (place % sizeof(uint64_t) != 0 || words > UINT16_MAX || memo->words == SILT_MEMO_WORDS) return false;
    memo->at[memo->words] = (uint16_t)words;
    memo->word[memo->words++] = frame[words];
    return true;
}

/// Whether the words, which go outwards, lie on one stack, this thread's own.
static bool is_on_own_stack(const struct silt_memo *memo, const uint64_t *frame) {
    uintptr_t self = silt_thread_pointer(), last = (uintptr_t)frame;
    for (unsigned i = 0; i < memo->frames; i++) {
        uintptr_t place = (uintptr_t)&frame[memo->at[i]];
        if (place < last || place - last > FRAME_BYTES) return false;
        last = place;
    }
    bool ends_here = last < self && self - last < END_BYTES;
    return ends_here || (last < all.main_end && all.main_end - last < END_BYTES);
}

static bool has_frames(const struct silt_memo *memo, const uint64_t *frames, unsigned native) {
    if (memo->frames != native) return false;
    for (unsigned i = 0; i < native; i++)
        if (memo->word[i] != frames[i]) return false;
    return true;
}

static uint64_t hash_of(const uint64_t *frames, unsigned native) {
    uint64_t hash = native;
    for (unsigned i = 0; i < native; i++) hash = (hash ^ frames[i]) * UINT64_C(0x9E3779B97F4A7C15);
    return hash;
}

/// Finds the words into the memo, which stays empty where they are not as they must be.
static void remember(struct silt_memo *memo, const uint64_t *frame, const uint64_t *frames, unsigned native) {
    struct silt_memo found = {.frame = frame};
    if (!all.memorizer(frame, &found)) return;
    if (!has_frames(&found, frames, native) || !is_on_own_stack(&found, frame)) return;
    memo->frames = found.frames;
    for (unsigned i = 0; i < found.words; i++) {
        memo->at[i] = found.at[i];
        memo->word[i] = found.word[i];
    }
    memo->words = found.words;
}

void silt_memo_note(struct silt_thread *thread, const uint64_t *frame, const uint64_t *frames, unsigned native,
                    uint32_t stack) {
    if (!all.memorizer || __atomic_load_n(&all.over, __ATOMIC_RELAXED)) return;
    struct silt_memos *memos = memos_of(thread);
    if (!memos) return;
    uint64_t hash = hash_of(frames, native);
    struct silt_memo *set = set_of(memos, frame), *memo = NULL;
    for (unsigned way = 0; way < WAYS; way++)
        if (set[way].frame == frame && set[way].hash == hash) memo = &set[way];
    bool again = memo != NULL;
    if (!again) memo = &set[memos->next_way++ % WAYS];
    memo->changes++;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (!again) *memo = (struct silt_memo){.frame = frame, .hash = hash, .changes = memo->changes};
    memo->stack = stack;
    if (again && memo->words == 0 && memos->found < WORDS_FOUND_FREELY + memos->hits / HITS_FOR_ONE) {
        memos->found++;
        remember(memo, frame, frames, native);
    }
}

void silt_memos_forget(void) {
    for (unsigned slot = 0; slot < SILT_MAX_SLOTS; slot++)
        if (all.of_slot[slot]) all.of_slot[slot]->owner = 0;
}

void silt_memos_end(void) { __atomic_store_n(&all.over, 1, __ATOMIC_RELAXED); }
