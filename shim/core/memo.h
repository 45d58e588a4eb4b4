/// Stacks that were taken before, by the words that tell them.
///
/// Taking a stack costs a look at each frame's unwind information. Where every allocation is a sample most stacks are
/// repetitions, and a stack that is the same lies at the same place: so each thread remembers, for stacks that it took
/// twice, where the words lie that decided the way (the return addresses, and the frame pointers that calls have saved)
/// and what they held. All of them the same means the same stack: every step depends on nothing but the code, the words
/// found so far, and the stack pointer that it begins with.
///
/// Only words of the thread's own stack are remembered, between the frame that asks and the stack's end, which is
/// mapped for as long as the thread runs: so looking at them cannot fault, whatever happened since.
#ifndef SILT_MEMO_H
#define SILT_MEMO_H

#include <stdbool.h>
#include <stdint.h>

#include "core.h"

#define SILT_MEMO_WORDS 48u

struct silt_memo {
    const uint64_t *frame; ///< of the function that asked: [0] is the saved frame pointer, [1] its return address
    uint64_t hash;         ///< of the native frames, while there are no words yet
    uint32_t stack;        ///< 1 + index; 0: the native frames only are known, as there are CPython's too
    uint32_t changes;      ///< grows with each change: a signal handler may change what it interrupted the reading of
    uint16_t words;        ///< 0: seen once
    uint16_t frames;       ///< the first words are the return addresses of the stack's native frames
    uint16_t at[SILT_MEMO_WORDS]; ///< in words from `frame`
    uint64_t word[SILT_MEMO_WORDS];
};

/// Finds the words of the stack that `frame` is on, into an empty memo. False: they are not all on it.
typedef bool (*silt_memorizer)(const uint64_t *frame, struct silt_memo *memo);

/// Announces how words are found; before that nothing is remembered. `end` is where the main thread's stack ends.
void silt_core_set_memorizer(silt_memorizer memorizer, uintptr_t end);

/// The memo of the very stack that `frame` is on; NULL: there is none.
const struct silt_memo *silt_memo_find(struct silt_thread *thread, const uint64_t *frame);
/// Takes note of a stack that was taken at full cost. `native` frames of `frames` are its return addresses. Under
/// silt_core_observe, so that no signal handler comes in between.
void silt_memo_note(struct silt_thread *thread, const uint64_t *frame, const uint64_t *frames, unsigned native,
                    uint32_t stack);
/// Adds a word to a memo. False: there is no room, or it lies where it may not.
bool silt_memo_add(struct silt_memo *memo, const uint64_t *frame, uintptr_t place);
/// In a forked child: threads have other slots.
void silt_memos_forget(void);
/// A module was unloaded: from here on another's code may lie at the same addresses, and nothing is remembered any
/// more.
void silt_memos_end(void);

#endif
