/// Strings and bytes of CPython's, read where they lie: checked before they are used, cut to what the segment keeps.
#include <string.h>

#include "hash.h"
#include "python.h"

static bool copy(uint64_t from, void *to, size_t bytes) {
    struct silt_piece piece = {from, to, bytes};
    return silt_peek_pieces(&piece, 1) == bytes;
}

/// One character as UTF-8; returns its bytes.
static unsigned utf8(uint32_t character, uint8_t out[4]) {
    if (character > 0x10ffff || (character >= 0xd800 && character < 0xe000)) character = 0xfffd;
    if (character < 0x80) return out[0] = (uint8_t)character, 1;
    unsigned more = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
    out[0] = (uint8_t)(lead[more] | character >> 6 * more);
    for (unsigned i = 1; i <= more; i++) out[i] = (uint8_t)(0x80 | (character >> 6 * (more - i) & 0x3f));
    return more + 1;
}

/// The head of a str (PyASCIIObject, Include/cpython/unicodeobject.h).
#define TEXT_HEAD 40u
struct text {
    uint64_t length; ///< characters
    unsigned kind;   ///< bytes of each
    unsigned data;   ///< where they begin
};

static bool parse_text(const uint8_t *head, struct text *text) {
    const struct silt_python_layout *layout = &silt_python.layout;
    uint32_t state;
    memcpy(&state, head + 32, sizeof state);
    state >>= layout->text_state;
    unsigned compact = state >> 3 & 1, ascii = state >> 4 & 1;
    *text = (struct text){silt_word(head, 16), state & 7, ascii ? layout->ascii_bytes : layout->compact_bytes};
    return silt_word(head, 8) == silt_python.text_type && compact && text->length <= SILT_LONGEST_TEXT &&
           (text->kind == 1 || text->kind == 2 || text->kind == 4);
}

int64_t silt_python_read_text(struct silt_python_scratch *scratch, uint64_t address, uint8_t *out, size_t most) {
    uint8_t head[TEXT_HEAD];
    struct text text;
    if (!copy(address, head, sizeof head) || !parse_text(head, &text)) return -1;
    size_t count = text.length < most ? text.length : most;
    if (!copy(address + text.data, scratch->wide, count * text.kind)) return -1;
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t character = 0;
        uint8_t encoded[4];
        memcpy(&character, scratch->wide + i * text.kind, text.kind);
        unsigned more = utf8(character, encoded);
        if (bytes + more > most) break;
        memcpy(out + bytes, encoded, more);
        bytes += more;
    }
    return (int64_t)bytes;
}

size_t silt_python_name_bytes(uint64_t address) {
    size_t room = SILT_PEEK_PAGE - address % SILT_PEEK_PAGE;
    return room < TEXT_HEAD ? TEXT_HEAD : room < SILT_TEXT_HEAD ? room : SILT_TEXT_HEAD;
}

bool silt_python_hash_name(struct silt_python_scratch *scratch, uint64_t address, const uint8_t *head, size_t bytes,
                           uint64_t *result) {
    struct text text;
    if (!parse_text(head, &text)) return false;
    if (text.data + text.length * text.kind <= bytes) {
        *result = silt_hash(text.kind, head + text.data, text.length * text.kind);
        return true;
    }
    int64_t read = silt_python_read_text(scratch, address, scratch->name, sizeof scratch->name);
    *result = silt_hash(text.length, scratch->name, read < 0 ? 0 : (size_t)read);
    return read >= 0;
}

int64_t silt_python_read_bytes(uint64_t address, uint8_t *out, size_t most) {
    uint8_t head[24];
    if (!copy(address, head, sizeof head) || silt_word(head, 8) != silt_python.bytes_type) return -1;
    uint64_t length = silt_word(head, 16);
    if (length > SILT_LONGEST_TEXT) return -1;
    size_t count = length < most ? length : most;
    // PyBytesObject.ob_sval, Include/cpython/bytesobject.h
    return copy(address + 32, out, count) ? (int64_t)count : -1;
}
