#include "python.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch.h"
#include "exported.h"
#include "state.h"

/// The interpreter's own symbols, bound at load where the program is one or is linked with one. Not through dlsym: a
/// failing one allocates, and changes what the program's next dlerror says.
extern const uint8_t _PyRuntime[] __attribute__((weak, visibility("default")));
extern const unsigned long Py_Version __attribute__((weak, visibility("default"))); // 3.11 and later
extern const uint8_t PyCode_Type[] __attribute__((weak, visibility("default")));
extern const uint8_t PyUnicode_Type[] __attribute__((weak, visibility("default")));
extern const uint8_t PyBytes_Type[] __attribute__((weak, visibility("default")));

struct silt_interpreter silt_python;

/// Threads that take Python frames at the same moment; one more goes without.
#define SCRATCHES 4u
static struct silt_python_scratch scratches[SCRATCHES];

/// The thread-specific key under which CPython keeps a thread's state (autoTSSkey): 1 + key, 0 while it is not known.
static uint32_t thread_key;
static uint32_t key_searches;
/// CPython makes its key when it starts, before any extension has made one.
#define KEYS_SEARCHED 64u
/// A search costs a system call for each key in use: the first ones come early, the later ones rarely.
#define EARLY_SEARCHES 16u
#define LATER_SEARCHES 64u

/// Where a thread's innermost frame was last time: what to read ahead. A hint, so it may be wrong or torn.
struct hint {
    uintptr_t thread;
    uintptr_t pages; ///< the first page, and how many in the low bits
};
#define HINTS 64u
static struct hint hints[HINTS];

/// What an interpreter exports that is looked for, as the loader bound it here or as a module that came later has it.
struct exports {
    const uint8_t *runtime;      ///< _PyRuntime
    const unsigned long *version; ///< Py_Version
    const uint8_t *code_type, *text_type, *bytes_type;
};

static void attach(const struct exports *exports, uint32_t version) {
    silt_python.known = false;
    silt_python.runtime = exports->runtime;
    silt_python.version = version;
    silt_python.code_type = (uintptr_t)exports->code_type;
    silt_python.text_type = (uintptr_t)exports->text_type;
    silt_python.bytes_type = (uintptr_t)exports->bytes_type;
    bool known = exports->code_type && exports->text_type && exports->bytes_type &&
                 silt_python_layout(version, exports->runtime, &silt_python.layout);
    silt_core.header->python_version = version;
    silt_core.header->python = known ? SILT_PYTHON_KNOWN : SILT_PYTHON_UNKNOWN;
    __atomic_store_n(&silt_python.known, known, __ATOMIC_RELEASE);
}

void silt_python_attach(uint32_t version) {
    attach(&(struct exports){.runtime = _PyRuntime, .code_type = PyCode_Type, .text_type = PyUnicode_Type,
                             .bytes_type = PyBytes_Type}, version);
}

void silt_python_start(void) {
    if (_PyRuntime) silt_python_attach(&Py_Version ? (uint32_t)Py_Version : 0);
}

/// One thread looks, once for each module that was seen on a stack. An interpreter of the program's start stays; of
/// those that came later the last one counts, as the one before may have been unloaded, but not one of another version:
/// a walk that is under way has half of the layout already.
void silt_python_loaded(const void *dynamic, uintptr_t bias) {
    static uint32_t looking;
    if (_PyRuntime || !silt_core.header || __atomic_exchange_n(&looking, 1, __ATOMIC_ACQUIRE)) return;
    struct silt_exported exported;
    struct exports found = {0};
    if (silt_exported_open(&exported, dynamic, bias)) found.runtime = silt_exported_find(&exported, "_PyRuntime");
    if (found.runtime) {
        found.version = silt_exported_find(&exported, "Py_Version");
        found.code_type = silt_exported_find(&exported, "PyCode_Type");
        found.text_type = silt_exported_find(&exported, "PyUnicode_Type");
        found.bytes_type = silt_exported_find(&exported, "PyBytes_Type");
        uint32_t version = found.version ? (uint32_t)*found.version : 0;
        if (!silt_python.runtime || silt_python.version == version) attach(&found, version);
    }
    __atomic_store_n(&looking, 0, __ATOMIC_RELEASE);
}

void silt_python_forked(void) {
    silt_code_forked();
    if (silt_python.known && silt_core.header) {
        silt_core.header->python = SILT_PYTHON_KNOWN;
        silt_core.header->python_version = silt_python.version;
    }
}

uint64_t silt_python_dropped(void) { return silt_code_dropped(); }

/// A scratch whose user vanished in a fork bears the parent's pid, and is free again.
static struct silt_python_scratch *take_scratch(void) {
    for (unsigned i = 0; i < SCRATCHES; i++) {
        uint32_t owner = __atomic_load_n(&scratches[i].owner, __ATOMIC_RELAXED);
        if (owner != silt_core.pid && __atomic_compare_exchange_n(&scratches[i].owner, &owner, silt_core.pid, false,
                                                                  __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return &scratches[i];
    }
    return NULL;
}

static void return_scratch(struct silt_python_scratch *scratch) {
    __atomic_store_n(&scratch->owner, 0, __ATOMIC_RELEASE);
}

/// Whether a thread state says that it is this thread's.
static bool is_ours(uintptr_t thread, uint64_t native) {
    uint64_t identity[2];
    struct silt_piece piece = {thread + silt_python.layout.thread_identity, identity, sizeof identity};
    return silt_peek_pieces(&piece, 1) == sizeof identity && identity[0] == (uintptr_t)pthread_self() &&
           (native == 0 || identity[1] == native);
}

/// The key cannot be read off _PyRuntime, which other releases of a version lay out differently: it is the one whose
/// value in this thread is a thread state of this thread's.
static uintptr_t search_key(void) {
    uint32_t searches = __atomic_fetch_add(&key_searches, 1, __ATOMIC_RELAXED);
    if (searches >= EARLY_SEARCHES && searches % LATER_SEARCHES != 0) return 0;
    uint64_t native = (uint64_t)syscall(SYS_gettid);
    for (uint32_t key = 0; key < KEYS_SEARCHED; key++) {
        uintptr_t value = (uintptr_t)pthread_getspecific((pthread_key_t)key);
        if (value == 0 || value % sizeof(uint64_t) != 0 || !is_ours(value, native)) continue;
        __atomic_store_n(&thread_key, key + 1, __ATOMIC_RELAXED);
        return value;
    }
    return 0;
}

/// What _PyRuntime says. That of a module that came later may have been unloaded since.
static uintptr_t current_thread(const uint8_t *place) {
    uintptr_t current = 0;
    struct silt_piece piece = {(uintptr_t)place, &current, sizeof current};
    if (_PyRuntime) return __atomic_load_n((const uintptr_t *)(const void *)place, __ATOMIC_RELAXED);
    return silt_peek_pieces(&piece, 1) == sizeof current ? current : 0;
}

/// This thread's state, 0 where it has none. pthread_getspecific is a load, whatever the thread is in the middle of.
static uintptr_t thread_state(void) {
    uint32_t key = __atomic_load_n(&thread_key, __ATOMIC_RELAXED);
    uintptr_t state = key ? (uintptr_t)pthread_getspecific((pthread_key_t)(key - 1)) : 0;
    if (state == 0) state = search_key();
    // 3.11 keeps the main interpreter's state under the key while another interpreter runs on this thread.
    if (silt_python.layout.runtime_thread != SILT_PYTHON_ABSENT) {
        uintptr_t current = current_thread(silt_python.runtime + silt_python.layout.runtime_thread);
        if (current != state && current != 0 && is_ours(current, 0)) state = current;
    }
    return state;
}

/// The walk along one thread's frames.
struct walk {
    struct silt_python_scratch *scratch;
    uintptr_t chunk; ///< of the thread's data stack, where most frames lie, the innermost last
    uintptr_t top;
    uintptr_t frame;
    struct silt_own_stack stack;
};

/// Reads a structure, with the page where the next older one is likely to be: before it in the data stack, after it on
/// the C stack.
static bool fetch(struct walk *walk, uintptr_t from, void *to, size_t bytes) {
    struct silt_peek *peek = &walk->scratch->peek;
    if (from >= walk->stack.low && from < walk->stack.high && bytes <= walk->stack.high - from) {
        memcpy(to, (const void *)from, bytes);
        return true;
    }
    if (silt_peek_find(peek, from, to, bytes)) return true;
    if (from < SILT_PEEK_PAGE || from > SILT_FRAME_ADDRESS) return false;
    uintptr_t first = from - from % SILT_PEEK_PAGE;
    uintptr_t last = from + bytes - 1 - (from + bytes - 1) % SILT_PEEK_PAGE;
    unsigned count = last == first ? 1 : 2;
    bool in_chunk = walk->chunk <= from && from < walk->top;
    if (in_chunk && first > walk->chunk) first -= SILT_PEEK_PAGE;
    if (!in_chunk || first + count * SILT_PEEK_PAGE <= last) count++;
    struct silt_piece piece = silt_peek_plan(peek, first, count);
    silt_peek_arrived(peek, &piece, silt_peek_pieces(&piece, 1));
    return silt_peek_find(peek, from, to, bytes);
}

/// Reads the thread state, and in the same call what is likely to be needed next.
static bool begin(struct walk *walk, uintptr_t thread) {
    const struct silt_python_layout *layout = &silt_python.layout;
    struct silt_peek *peek = &walk->scratch->peek;
    uint8_t head[SILT_THREAD_HEAD];
    silt_peek_begin(peek);
    struct hint *hint = &hints[thread / 64 % HINTS];
    uintptr_t pages = __atomic_load_n(&hint->pages, __ATOMIC_RELAXED);
    bool hinted = __atomic_load_n(&hint->thread, __ATOMIC_RELAXED) == thread && pages;
    struct silt_piece pieces[3] = {{thread, head, layout->thread_chunk + 16u}};
    if (hinted) pieces[1] = silt_peek_plan(peek, pages, pages % SILT_PEEK_PAGE);
    unsigned count = hinted ? 2 : 1;
    // The interpreter's loop, which keeps frames of its own on the C stack, is not far from here.
    if (walk->stack.low == walk->stack.high)
        pieces[count++] = silt_peek_plan(peek, (uintptr_t)__builtin_frame_address(0), 2);
    size_t got = silt_peek_pieces(pieces, count);
    if (got < pieces[0].bytes) return false;
    got -= pieces[0].bytes;
    for (unsigned i = 1; i < count; i++) {
        silt_peek_arrived(peek, &pieces[i], got);
        got -= got < pieces[i].bytes ? got : pieces[i].bytes;
    }
    if (silt_word(head, layout->thread_identity) != (uintptr_t)pthread_self()) return false;
    walk->chunk = silt_word(head, layout->thread_chunk);
    walk->top = silt_word(head, layout->thread_chunk + 8u);
    walk->frame = silt_word(head, layout->thread_frame);
    if (layout->cframe_frame == SILT_PYTHON_ABSENT) return true;
    return fetch(walk, walk->frame + layout->cframe_frame, &walk->frame, sizeof walk->frame);
}

static void leave_hint(const struct walk *walk, uintptr_t thread, uintptr_t innermost) {
    if (innermost < walk->chunk || innermost >= walk->top) return;
    struct hint *hint = &hints[thread / 64 % HINTS];
    uintptr_t page = innermost - innermost % SILT_PEEK_PAGE;
    uintptr_t pages = page > walk->chunk ? (page - SILT_PEEK_PAGE) | 2 : page | 1;
    // The frames of the next sample may go on in the next page, which is the chunk's as well where its top is.
    if (walk->top - 1 >= page + SILT_PEEK_PAGE) pages++;
    __atomic_store_n(&hint->thread, thread, __ATOMIC_RELAXED);
    __atomic_store_n(&hint->pages, pages, __ATOMIC_RELAXED);
}

unsigned silt_python_walk(struct silt_python_scratch *scratch, uintptr_t thread, unsigned most,
                          struct silt_own_stack stack) {
    const struct silt_python_layout *layout = &silt_python.layout;
    struct walk walk = {.scratch = scratch, .stack = stack};
    if (!begin(&walk, thread)) return 0;
    unsigned count = 0;
    uintptr_t innermost = 0;
    // Each frame of Python code has at most one of the interpreter's own behind it.
    for (unsigned step = 0; walk.frame && count < most && step < 2 * SILT_FRAMES_AT_MOST; step++) {
        uint8_t frame[SILT_FRAME_HEAD];
        if (walk.frame % sizeof(uint64_t) != 0 || !fetch(&walk, walk.frame, frame, layout->frame_bytes)) break;
        uint8_t owner = frame[layout->frame_owner];
        if (owner == layout->owner_shim) {
            if (count) scratch->frames[count - 1].entry = true;
        } else if (owner > layout->owner_most) {
            break;
        } else {
            if (count == 0) innermost = walk.frame;
            scratch->frames[count++] = (struct silt_python_frame){
                .code = silt_word(frame, layout->frame_code),
                .instruction = silt_word(frame, layout->frame_instruction),
                .entry = layout->frame_entry != SILT_PYTHON_ABSENT && frame[layout->frame_entry],
            };
        }
        walk.frame = silt_word(frame, layout->frame_previous);
    }
    leave_hint(&walk, thread, innermost);
    return count;
}

unsigned silt_python_frames(uint64_t *frames, unsigned most, struct silt_own_stack stack) {
    if (!__atomic_load_n(&silt_python.known, __ATOMIC_ACQUIRE) || silt_core_is_confined()) return 0;
    int saved = errno;
    unsigned count = 0;
    uintptr_t thread = thread_state();
    struct silt_python_scratch *scratch = thread ? take_scratch() : NULL;
    if (scratch) {
        if (most > SILT_FRAMES_AT_MOST) most = SILT_FRAMES_AT_MOST;
        count = silt_code_encode(scratch, silt_python_walk(scratch, thread, most, stack), frames);
        return_scratch(scratch);
    }
    errno = saved;
    return count;
}
