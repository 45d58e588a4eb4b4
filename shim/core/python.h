/// The frames of CPython's own code, taken from the interpreter's structures as they lie in memory, without calling it:
/// an allocation may come from anywhere inside of it.
///
/// What makes that sound: a thread's state and its frames are changed by that thread only, and it stands here. What
/// guards it where that fails (an interpreter that is being torn down, a layout that is another than its version says):
/// everything is copied by silt_peek, nothing is used before it was checked, every loop is bounded.
#ifndef SILT_PYTHON_H
#define SILT_PYTHON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "peek.h"

/// Code objects that are known at the same time, and the bytes that are kept of each.
#define SILT_MAX_CODES 65536u
#define SILT_CODE_NAME_BYTES 256u
#define SILT_CODE_FILE_BYTES 1024u
#define SILT_CODE_LINES_BYTES 16384u

/// Where a version of CPython keeps what is needed. Offsets in bytes; SILT_PYTHON_ABSENT: this version has no such
/// field.
struct silt_python_layout {
    // struct _ts
    uint16_t thread_frame;    ///< the innermost frame, or (with cframe_frame) the struct _PyCFrame that leads to it
    uint16_t thread_identity; ///< thread_id, then native_thread_id
    uint16_t thread_chunk;    ///< datastack_chunk, then datastack_top
    uint16_t cframe_frame;    ///< of struct _PyCFrame
    uint16_t runtime_thread;  ///< of _PyRuntime: the thread state that holds the GIL
    // struct _PyInterpreterFrame
    uint16_t frame_code;
    uint16_t frame_previous;
    uint16_t frame_instruction;
    uint16_t frame_owner;
    uint16_t frame_entry; ///< whether it was entered from C
    uint16_t frame_bytes; ///< up to what is needed
    // PyCodeObject
    uint16_t code_first_line;
    uint16_t code_file;
    uint16_t code_name;
    uint16_t code_lines;
    uint16_t code_instructions;
    // PyASCIIObject, PyCompactUnicodeObject
    uint16_t ascii_bytes;
    uint16_t compact_bytes;
    uint8_t text_state; ///< bits of PyASCIIObject.state before `kind`
    uint8_t owner_most; ///< the highest owner that a frame of Python code has
    uint8_t owner_shim; ///< the owner of the interpreter's own frames between C and Python
};
#define SILT_PYTHON_ABSENT UINT16_MAX

/// A part of this thread's own stack that is known to be there, and need not be copied to be read; empty: none is
/// known.
struct silt_own_stack {
    uintptr_t low, high;
};

/// The interpreter in this process.
struct silt_interpreter {
    struct silt_python_layout layout;
    const uint8_t *runtime; ///< _PyRuntime
    uint32_t version;       ///< as PY_VERSION_HEX
    uintptr_t code_type;    ///< PyCode_Type
    uintptr_t text_type;    ///< PyUnicode_Type
    uintptr_t bytes_type;   ///< PyBytes_Type
    bool known;             ///< the layout is good
};
extern struct silt_interpreter silt_python;

/// Looks for an interpreter among what was loaded with the program, and notes in the header what was found. Call when
/// the books have started; never inside an allocation.
void silt_python_start(void);
/// A module was seen on a stack for the first time: looks for an interpreter in it, where none came with the program.
/// `dynamic` is its dynamic section. May be called inside an allocation.
void silt_python_loaded(const void *dynamic, uintptr_t bias);
/// The child of a fork has a segment of its own, with its parent's code objects.
void silt_python_forked(void);

/// The Python frames of the calling thread, innermost first, as struct silt_stack holds them. Returns how many, at most
/// `most` and SILT_FRAMES_AT_MOST; 0 where this thread runs no Python code. Keeps errno.
unsigned silt_python_frames(uint64_t *frames, unsigned most, struct silt_own_stack stack);
/// Frames that were left out because their code had no room, or was not what it should be.
uint64_t silt_python_dropped(void);

/// Bytes from the beginning of a thread state, a frame and a code object that hold all that is read of it.
#define SILT_THREAD_HEAD 512u
#define SILT_FRAME_HEAD 96u
#define SILT_CODE_HEAD 144u
/// Bytes of a name that are looked at together with its object's head.
#define SILT_TEXT_HEAD 192u

/// A frame on the way from the interpreter to the segment.
struct silt_python_frame {
    uintptr_t code;
    uintptr_t instruction;
    bool entry;
};

/// The memory of one walk, too much for the stack of a thread that allocates.
struct silt_python_scratch {
    uint32_t owner; ///< pid of the process whose thread uses it; 0: free
    struct silt_peek peek;
    struct silt_python_frame frames[SILT_PEEK_PIECES];
    uint8_t objects[SILT_PEEK_PIECES][SILT_CODE_HEAD]; ///< the beginnings of their code objects
    uint8_t names[SILT_PEEK_PIECES][SILT_TEXT_HEAD];
    uint8_t name[SILT_CODE_NAME_BYTES];
    uint8_t file[SILT_CODE_FILE_BYTES];
    uint8_t lines[SILT_CODE_LINES_BYTES];
    uint8_t wide[4 * SILT_CODE_FILE_BYTES]; ///< characters on their way to UTF-8
};

// python.c
/// There is an interpreter, of a version as PY_VERSION_HEX says it.
void silt_python_attach(uint32_t version);
/// Follows the frames of the thread state at `thread`, into scratch->frames.
unsigned silt_python_walk(struct silt_python_scratch *scratch, uintptr_t thread, unsigned most,
                          struct silt_own_stack stack);

/// A word of what was copied.
static inline uint64_t silt_word(const uint8_t *bytes, size_t at) {
    uint64_t value;
    memcpy(&value, bytes + at, sizeof value);
    return value;
}

// python_text.c
/// Bytes that a Python string may have before it is taken for something else.
#define SILT_LONGEST_TEXT (UINT64_C(1) << 24)
/// Reads a str, cut to `most` bytes of UTF-8. -1: it is none.
int64_t silt_python_read_text(struct silt_python_scratch *scratch, uint64_t address, uint8_t *out, size_t most);
/// Reads a bytes object, cut to `most`. -1: it is none.
int64_t silt_python_read_bytes(uint64_t address, uint8_t *out, size_t most);
/// As much of a name as can be copied with its head: what follows in the same page is there as well.
size_t silt_python_name_bytes(uint64_t address);
/// A hash of a name, of which `bytes` were copied to `head`. CPython has one too, but not of every string. False: no
/// name.
bool silt_python_hash_name(struct silt_python_scratch *scratch, uint64_t address, const uint8_t *head, size_t bytes,
                           uint64_t *result);

// code.c
/// Finds or notes the code of each of scratch->frames, and encodes them. Returns how many were left.
unsigned silt_code_encode(struct silt_python_scratch *scratch, unsigned count, uint64_t *frames);
/// Code objects that are in the segment.
uint32_t silt_code_count(void);
void silt_code_forked(void);
uint64_t silt_code_dropped(void);

// python_layout.c
/// The layout of a version (as PY_VERSION_HEX) whose _PyRuntime is given. False: not known, or not as it should be.
bool silt_python_layout(uint32_t version, const void *runtime, struct silt_python_layout *layout);

#endif
