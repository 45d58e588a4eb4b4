/// Where CPython keeps its frames, version by version. Read off the headers of the releases themselves, and run against
/// 3.11.2, 3.11.7, 3.12.1 and 3.13.0; what a version's layout is cannot change within it (struct _ts, PyCodeObject and
/// PyASCIIObject are in the public Include/cpython; Cython's generated code has the rest built in).
#include <string.h>

#include "python.h"

#define MINOR(version) ((version) >> 16)

/// Include/cpython/pystate.h, code.h, unicodeobject.h; Include/internal/pycore_frame.h, pycore_runtime.h at v3.11.
static const struct silt_python_layout layout_3_11 = {
    .thread_frame = 56,
    .thread_identity = 152,
    .thread_chunk = 296,
    .cframe_frame = 8,
    .runtime_thread = 576, // gilstate.tstate_current
    .frame_code = 32,
    .frame_previous = 48,
    .frame_instruction = 56,
    .frame_owner = 69,
    .frame_entry = 68,
    .frame_bytes = 72,
    .code_first_line = 72,
    .code_file = 112,
    .code_name = 128,
    .code_lines = 136,
    .code_instructions = 184,
    .ascii_bytes = 48,
    .compact_bytes = 72,
    .text_state = 2,
    .owner_most = 2,
    .owner_shim = UINT8_MAX,
};

/// The same headers at v3.12. Between C and Python now stands a frame of the interpreter's own (FRAME_OWNED_BY_CSTACK).
static const struct silt_python_layout layout_3_12 = {
    .thread_frame = 56,
    .thread_identity = 136,
    .thread_chunk = 232,
    .cframe_frame = 0,
    .runtime_thread = SILT_PYTHON_ABSENT,
    .frame_code = 0,
    .frame_previous = 8,
    .frame_instruction = 56,
    .frame_owner = 70,
    .frame_entry = SILT_PYTHON_ABSENT,
    .frame_bytes = 72,
    .code_first_line = 68,
    .code_file = 112,
    .code_name = 128,
    .code_lines = 136,
    .code_instructions = 192,
    .ascii_bytes = 40,
    .compact_bytes = 56,
    .text_state = 2,
    .owner_most = 2,
    .owner_shim = 3,
};

/// What 3.13 publishes at the start of _PyRuntime (struct _Py_DebugOffsets, Include/internal/pycore_runtime.h at
/// v3.13), as indices of 64-bit words.
enum published_3_13 {
    PUBLISHED_COOKIE = 0,
    PUBLISHED_VERSION = 1,
    PUBLISHED_FREE_THREADED = 2,
    PUBLISHED_THREAD_FRAME = 23,
    PUBLISHED_THREAD_IDENTITY = 24,
    PUBLISHED_THREAD_NATIVE = 25,
    PUBLISHED_THREAD_CHUNK = 26,
    PUBLISHED_FRAME_BYTES = 28,
    PUBLISHED_FRAME_PREVIOUS = 29,
    PUBLISHED_FRAME_CODE = 30,
    PUBLISHED_FRAME_INSTRUCTION = 31,
    PUBLISHED_FRAME_OWNER = 33,
    PUBLISHED_CODE_FILE = 35,
    PUBLISHED_CODE_NAME = 37,
    PUBLISHED_CODE_LINES = 38,
    PUBLISHED_CODE_FIRST_LINE = 39,
    PUBLISHED_CODE_INSTRUCTIONS = 43,
    PUBLISHED_TEXT_STATE = 68,
    PUBLISHED_TEXT_LENGTH = 69,
    PUBLISHED_ASCII_BYTES = 70,
    PUBLISHED_WORDS = 71,
};

static bool layout_published(uint32_t version, const void *runtime, struct silt_python_layout *layout) {
    uint64_t words[PUBLISHED_WORDS];
    memcpy(words, runtime, sizeof words);
    if (memcmp(&words[PUBLISHED_COOKIE], "xdebugpy", 8) != 0 || words[PUBLISHED_VERSION] != version) return false;
    // Without the GIL a code object has a copy of its instructions for each thread.
    if (words[PUBLISHED_FREE_THREADED]) return false;
    if (words[PUBLISHED_THREAD_NATIVE] != words[PUBLISHED_THREAD_IDENTITY] + 8) return false;
    if (words[PUBLISHED_TEXT_STATE] != 32 || words[PUBLISHED_TEXT_LENGTH] != 16) return false;
    for (unsigned i = PUBLISHED_THREAD_FRAME; i < PUBLISHED_WORDS; i++)
        if (words[i] > 32768) return false;
    *layout = (struct silt_python_layout){
        .thread_frame = (uint16_t)words[PUBLISHED_THREAD_FRAME],
        .thread_identity = (uint16_t)words[PUBLISHED_THREAD_IDENTITY],
        .thread_chunk = (uint16_t)words[PUBLISHED_THREAD_CHUNK],
        .cframe_frame = SILT_PYTHON_ABSENT,
        .runtime_thread = SILT_PYTHON_ABSENT,
        .frame_code = (uint16_t)words[PUBLISHED_FRAME_CODE],
        .frame_previous = (uint16_t)words[PUBLISHED_FRAME_PREVIOUS],
        .frame_instruction = (uint16_t)words[PUBLISHED_FRAME_INSTRUCTION],
        .frame_owner = (uint16_t)words[PUBLISHED_FRAME_OWNER],
        .frame_entry = SILT_PYTHON_ABSENT,
        .frame_bytes = (uint16_t)words[PUBLISHED_FRAME_BYTES],
        .code_first_line = (uint16_t)words[PUBLISHED_CODE_FIRST_LINE],
        .code_file = (uint16_t)words[PUBLISHED_CODE_FILE],
        .code_name = (uint16_t)words[PUBLISHED_CODE_NAME],
        .code_lines = (uint16_t)words[PUBLISHED_CODE_LINES],
        .code_instructions = (uint16_t)words[PUBLISHED_CODE_INSTRUCTIONS],
        .ascii_bytes = (uint16_t)words[PUBLISHED_ASCII_BYTES],
        .compact_bytes = (uint16_t)(words[PUBLISHED_ASCII_BYTES] + 16),
        .text_state = 2,
        .owner_most = 2,
        .owner_shim = 3,
    };
    return true;
}

/// Whether every field lies in what is read of its structure, so that no later step needs to ask.
static bool is_sound(const struct silt_python_layout *layout) {
    const uint16_t words_of_frame[] = {layout->frame_code, layout->frame_previous, layout->frame_instruction};
    const uint16_t words_of_code[] = {layout->code_file, layout->code_name, layout->code_lines};
    if (layout->frame_bytes > SILT_FRAME_HEAD || layout->frame_owner >= layout->frame_bytes) return false;
    if (layout->frame_entry != SILT_PYTHON_ABSENT && layout->frame_entry >= layout->frame_bytes) return false;
    for (unsigned i = 0; i < 3; i++) {
        if (words_of_frame[i] + 8 > layout->frame_bytes) return false;
        if (words_of_code[i] + 8u > SILT_CODE_HEAD) return false;
    }
    if (layout->code_first_line + 4u > SILT_CODE_HEAD || layout->code_first_line < 24) return false;
    return layout->thread_chunk + 16u <= SILT_THREAD_HEAD && layout->thread_frame + 8u <= SILT_THREAD_HEAD &&
           layout->thread_identity + 16u <= SILT_THREAD_HEAD;
}

bool silt_python_layout(uint32_t version, const void *runtime, struct silt_python_layout *layout) {
    switch (MINOR(version)) {
    case 0x030b: *layout = layout_3_11; break;
    case 0x030c: *layout = layout_3_12; break;
    case 0x030d:
        if (!layout_published(version, runtime, layout)) return false;
        break;
    default: return false;
    }
    return is_sound(layout);
}
