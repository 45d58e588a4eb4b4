#include "words.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

#include "../core/memo.h"

#if defined(__x86_64__)
// Declared here, as in unwind.c. include/libunwind-x86_64.h: unw_cursor_t is 127 words, and how registers are numbered;
// the context is glibc's ucontext_t.
#define CURSOR_WORDS 128
#define CONTEXT_WORDS 256
enum { UNWIND_RBP = 6, UNWIND_RSP = 7, UNWIND_RIP = 16 };
// include/libunwind-common.h.in: unw_save_loc_t.
struct save_place {
    enum { SAVED_NOWHERE, SAVED_IN_MEMORY, SAVED_IN_REGISTER } type;
    uintptr_t address;
    uint64_t more[4];
};

static struct {
    int (*get_context)(void *context);
    int (*init)(void *cursor, void *context);
    int (*step)(void *cursor);
    int (*get_register)(void *cursor, int number, uintptr_t *value);
    int (*get_save_place)(void *cursor, int number, struct save_place *place);
} steps;

static bool (*is_own)(const void *address);

/// What a frame was before a step.
struct step {
    uintptr_t pointer;       ///< its frame pointer's value
    uintptr_t pointer_place; ///< and where that lies; 0: not in memory
    uintptr_t stack;         ///< after the step: the caller's stack pointer
    uintptr_t address;       ///< after the step: the return address
};

/// False: there is no further frame.
static bool make_step(uint64_t *cursor, struct step *step) {
    struct save_place place;
    step->pointer_place = 0;
    if (steps.get_register(cursor, UNWIND_RBP, &step->pointer) != 0) return false;
    if (steps.get_save_place(cursor, UNWIND_RBP, &place) == 0 && place.type == SAVED_IN_MEMORY)
        step->pointer_place = place.address;
    return steps.step(cursor) > 0 && steps.get_register(cursor, UNWIND_RSP, &step->stack) == 0 &&
           steps.get_register(cursor, UNWIND_RIP, &step->address) == 0 && step->address != 0;
}

/// The words beside the return address that a step depended on, at most two. A function that keeps a frame pointer has
/// its caller's frame 16 bytes behind where that points; one that aligned its stack anew has kept the address of it in
/// the word before (gcc: DRAP). In any other the register holds whatever the program keeps there, and decides nothing.
static unsigned words_of_step(const struct step *step, const uint64_t *frame, uintptr_t places[2]) {
    if (step->pointer_place < (uintptr_t)frame) return 0;
    places[0] = step->pointer_place;
    places[1] = step->pointer - sizeof(uint64_t);
    if (step->stack == step->pointer + 2 * sizeof(uint64_t)) return 1;
    bool is_near = step->pointer % sizeof(uint64_t) == 0 && places[1] >= (uintptr_t)frame && places[1] < step->stack;
    return is_near && *(const uint64_t *)places[1] == step->stack ? 2 : 0;
}

/// Every frame's return address lies right below the stack pointer that its caller goes on with (System V ABI, AMD64
/// supplement, 3.2.2); not so where a signal came in between: then nothing is remembered.
static bool find_words(const uint64_t *frame, struct silt_memo *memo) {
    uint64_t context[CONTEXT_WORDS], cursor[CURSOR_WORDS];
    uintptr_t others[SILT_MEMO_WORDS]; // places of all words but the return addresses in the program
    unsigned other_count = 0;
    struct step step;
    if (steps.get_context(context) != 0 || steps.init(cursor, context) != 0) return false;
    while (make_step(cursor, &step)) {
        uintptr_t place = step.stack - sizeof(uint64_t);
        if (place < (uintptr_t)frame) continue;
        if (*(const uint64_t *)place != step.address || other_count + 3 > SILT_MEMO_WORDS) return false;
        other_count += words_of_step(&step, frame, &others[other_count]);
        if (memo->words == 0 && is_own((const void *)step.address))
            others[other_count++] = place;
        else if (!silt_memo_add(memo, frame, place))
            return false;
    }
    memo->frames = memo->words;
    for (unsigned i = 0; i < other_count; i++)
        if (!silt_memo_add(memo, frame, others[i])) return false;
    return memo->frames > 0;
}

void silt_words_open(void *library, bool (*is_own_code)(const void *), uintptr_t main_end) {
    is_own = is_own_code;
    steps.get_context = (int (*)(void *))dlsym(library, "_Ux86_64_getcontext");
    steps.init = (int (*)(void *, void *))dlsym(library, "_ULx86_64_init_local");
    steps.step = (int (*)(void *))dlsym(library, "_ULx86_64_step");
    steps.get_register = (int (*)(void *, int, uintptr_t *))dlsym(library, "_ULx86_64_get_reg");
    steps.get_save_place = (int (*)(void *, int, struct save_place *))dlsym(library, "_ULx86_64_get_save_loc");
    if (steps.get_context && steps.init && steps.step && steps.get_register && steps.get_save_place && main_end)
        silt_core_set_memorizer(find_words, main_end + sizeof(uint64_t));
}
#else
void silt_words_open(void *library, bool (*is_own_code)(const void *), uintptr_t main_end) {
    (void)library, (void)is_own_code, (void)main_end;
}
#endif
