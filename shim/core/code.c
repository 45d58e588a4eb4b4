/// Code objects that were seen on a stack: recognised by what they are made of, noted once in the segment.
#include <string.h>
#include <time.h>

#include "arch.h"
#include "hash.h"
#include "python.h"
#include "stacks.h"
#include "state.h"

#define BUCKETS 4096u
#define FILES 512u
/// To look at a code object costs as much as unwinding a whole native stack. One that was found unchanged so many
/// times, over some time, is looked at again after an eighth of that time, and once a second at the latest: should it
/// die and its address be used again, samples bear its name for no longer.
#define CONFIRMATIONS 8u
#define PATIENCE 8u
#define LONGEST_MS 1000u

/// What a code object is recognised by. Its parts are objects of its own, but where it dies they may all come back at
/// the same addresses (code made in a loop does that): the name's text tells.
struct identity {
    uint64_t code;
    uint64_t lines;
    uint64_t name;
    uint64_t name_hash;
    uint32_t first_line;
    uint32_t instructions; ///< bytes
};

/// Written once, before its bucket leads to it, but for `checked` and `confirmed`.
struct known {
    struct identity identity;
    uint64_t content; ///< hash of all that the segment holds of it
    uint32_t index;   ///< in SILT_SECTION_CODE
    uint32_t next;    ///< 1 + index of the next older one of its bucket
    uint32_t next_content;
    uint32_t born;      ///< ms
    uint32_t checked;   ///< ms
    uint32_t confirmed; ///< how often it was found unchanged
};

/// A path that is in the segment already.
struct file {
    uint64_t content;
    uint32_t offset;
};

static struct {
    uint32_t lock; ///< held for private memory only; whoever does not get it goes without the frame
    uint32_t count;
    uint32_t codes; ///< in the segment
    bool full;      ///< the segment took no more
    uint64_t dropped;
    uint32_t buckets[BUCKETS]; ///< by address: 1 + index of the newest
    uint32_t contents[BUCKETS];
    struct file files[FILES];
    struct known known[SILT_MAX_CODES];
} table;

uint32_t silt_code_count(void) { return table.codes; }

void silt_code_forked(void) { table.lock = 0; }

uint64_t silt_code_dropped(void) { return __atomic_load_n(&table.dropped, __ATOMIC_RELAXED); }

static bool lock(void) {
    for (unsigned spin = 0; spin < 1000; spin++) {
        uint32_t free = 0;
        if (__atomic_compare_exchange_n(&table.lock, &free, 1, true, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return true;
        silt_pause();
    }
    return false;
}

static void unlock(void) { __atomic_store_n(&table.lock, 0, __ATOMIC_RELEASE); }

static uint32_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u);
}

static uint32_t *bucket_of(uint64_t code) {
    return &table.buckets[(code * UINT64_C(0x9e3779b97f4a7c15)) >> 52];
}
_Static_assert(BUCKETS == 1u << (64 - 52), "bucket_of");

/// Entries of one bucket that are looked at: code made in a loop, each time under another name, can pile up at one
/// address.
#define LONGEST_CHAIN 128u

static struct known *newest(uint64_t code) {
    uint32_t at = __atomic_load_n(bucket_of(code), __ATOMIC_ACQUIRE);
    for (unsigned step = 0; at && step < LONGEST_CHAIN; step++, at = table.known[at - 1].next)
        if (table.known[at - 1].identity.code == code) return &table.known[at - 1];
    return NULL;
}

static struct known *find(const struct identity *identity) {
    uint32_t at = __atomic_load_n(bucket_of(identity->code), __ATOMIC_ACQUIRE);
    for (unsigned step = 0; at && step < LONGEST_CHAIN; step++, at = table.known[at - 1].next)
        if (memcmp(&table.known[at - 1].identity, identity, sizeof *identity) == 0) return &table.known[at - 1];
    return NULL;
}

/// Whether an entry more in the bucket would find its way out of sight.
static bool is_piled_up(const struct identity *identity) {
    uint32_t at = *bucket_of(identity->code);
    unsigned count = 0;
    while (at && count < LONGEST_CHAIN / 2) count++, at = table.known[at - 1].next;
    return count == LONGEST_CHAIN / 2;
}

/// Whether this need not be looked at now.
static bool is_settled(const struct known *known, uint32_t now) {
    uint32_t checked = __atomic_load_n(&known->checked, __ATOMIC_RELAXED);
    uint32_t patience = (checked - known->born) / PATIENCE;
    return __atomic_load_n(&known->confirmed, __ATOMIC_RELAXED) >= CONFIRMATIONS &&
           now - checked < (patience < LONGEST_MS ? patience : LONGEST_MS);
}

static void confirm(struct known *known, uint32_t now) {
    __atomic_store_n(&known->checked, now, __ATOMIC_RELAXED);
    __atomic_fetch_add(&known->confirmed, 1, __ATOMIC_RELAXED);
}

/// What the segment is to hold of a code object, in the scratch.
struct content {
    uint64_t hash;
    uint64_t file_hash;
    int64_t name_bytes;
    int64_t file_bytes;
    int64_t lines_bytes;
};

static bool read_content(struct silt_python_scratch *scratch, const struct identity *identity, uint64_t file,
                         struct content *content) {
    content->name_bytes = silt_python_read_text(scratch, identity->name, scratch->name, sizeof scratch->name);
    content->file_bytes = silt_python_read_text(scratch, file, scratch->file, sizeof scratch->file);
    content->lines_bytes = silt_python_read_bytes(identity->lines, scratch->lines, sizeof scratch->lines);
    if (content->name_bytes < 0 || content->file_bytes < 0 || content->lines_bytes < 0) return false;
    content->file_hash = silt_hash(1, scratch->file, (size_t)content->file_bytes);
    content->hash = silt_hash(identity->first_line ^ content->file_hash, scratch->name, (size_t)content->name_bytes);
    content->hash = silt_hash(content->hash, scratch->lines, (size_t)content->lines_bytes);
    return true;
}

/// The index of a code object with the same content, -1 for none. Under the lock.
static int64_t index_of_content(uint64_t content) {
    uint32_t at = table.contents[content % BUCKETS];
    while (at && table.known[at - 1].content != content) at = table.known[at - 1].next_content;
    return at ? (int64_t)table.known[at - 1].index : -1;
}

/// Puts the texts of a code object into the segment, but for a path that is there already. Not under the lock: the
/// segment may have to grow for it.
static bool store(struct silt_python_scratch *scratch, const struct content *content, int64_t file_offset,
                  struct silt_code *code) {
    int64_t name = silt_text_store(scratch->name, (size_t)content->name_bytes);
    int64_t file = file_offset >= 0 ? file_offset : silt_text_store(scratch->file, (size_t)content->file_bytes);
    int64_t lines = silt_text_store(scratch->lines, (size_t)content->lines_bytes);
    if (name < 0 || file < 0 || lines < 0) return false;
    code->name = (uint32_t)name;
    code->name_bytes = (uint32_t)content->name_bytes;
    code->file = (uint32_t)file;
    code->file_bytes = (uint32_t)content->file_bytes;
    code->lines = (uint32_t)lines;
    code->lines_bytes = (uint32_t)content->lines_bytes;
    return true;
}

/// Adds an entry, and a new code object to the segment when `code` is given. Under the lock. -1: full.
static int64_t add(const struct identity *identity, const struct content *content, const struct silt_code *code) {
    int64_t index = index_of_content(content->hash);
    bool is_new = index < 0;
    if (is_new && (!code || table.count == SILT_MAX_CODES)) return -1;
    if (!is_new && (table.count == SILT_MAX_CODES || is_piled_up(identity))) return index;
    if (is_new) {
        index = table.codes++;
        silt_core.codes[index] = *code;
        table.files[content->file_hash % FILES] = (struct file){content->file_hash, code->file};
    }
    struct known *known = &table.known[table.count++];
    uint32_t *bucket = bucket_of(identity->code), *contents = &table.contents[content->hash % BUCKETS];
    *known = (struct known){.identity = *identity,
                            .content = content->hash,
                            .index = (uint32_t)index,
                            .next = *bucket,
                            .next_content = is_new ? *contents : 0,
                            .born = now_ms()};
    known->checked = known->born;
    if (is_new) *contents = table.count;
    __atomic_store_n(bucket, table.count, __ATOMIC_RELEASE);
    return index;
}

/// Notes a code object that is not known at its address. -1: no room, or it is not what it should be.
static int64_t learn(struct silt_python_scratch *scratch, const struct identity *identity, uint64_t file) {
    struct content content;
    struct silt_code code = {.first_line = (int32_t)identity->first_line};
    if (!silt_core.codes || __atomic_load_n(&table.full, __ATOMIC_RELAXED)) return -1;
    if (!read_content(scratch, identity, file, &content) || !lock()) return -1;
    int64_t index = add(identity, &content, NULL);
    uint32_t codes = table.codes;
    struct file path = table.files[content.file_hash % FILES];
    unlock();
    if (index >= 0) return index;
    // Another thread may be noting as much at the same time: room for it too.
    uint32_t room = codes + 2 * SILT_PEEK_PIECES < SILT_MAX_CODES ? codes + 2 * SILT_PEEK_PIECES : SILT_MAX_CODES;
    if (codes == SILT_MAX_CODES || !silt_segment_reserve(SILT_SECTION_CODE, room) ||
        !store(scratch, &content, path.content == content.file_hash ? (int64_t)path.offset : -1, &code)) {
        __atomic_store_n(&table.full, true, __ATOMIC_RELAXED);
        return -1;
    }
    if (!lock()) return -1;
    if (table.codes < room) index = add(identity, &content, &code);
    codes = table.codes;
    unlock();
    silt_segment_publish_count(SILT_SECTION_CODE, codes);
    return index;
}

/// Which frames' code objects have to be looked at, each once: the others are settled.
struct looks {
    unsigned count;
    uint8_t frame[SILT_PEEK_PIECES]; ///< the first frame with the code
    bool arrived[SILT_PEEK_PIECES];
};

/// Copies a piece of each, in as few calls as there are unreadable ones among them.
static void gather(struct looks *looks, struct silt_piece *pieces) {
    unsigned at = 0;
    for (unsigned failures = 0; at < looks->count && failures < 4; failures++, at++) {
        size_t got = silt_peek_pieces(pieces + at, looks->count - at);
        for (; at < looks->count && got >= pieces[at].bytes; at++) {
            got -= pieces[at].bytes;
            looks->arrived[at] = true;
        }
    }
}

/// Looks at code objects, and writes the index of each to `indices`, -1 where there is none.
static void look(struct silt_python_scratch *scratch, struct looks *looks, uint32_t now, int64_t *indices,
                 uint32_t *instructions) {
    const struct silt_python_layout *layout = &silt_python.layout;
    struct silt_piece pieces[SILT_PEEK_PIECES];
    struct identity identities[SILT_PEEK_PIECES];
    for (unsigned i = 0; i < looks->count; i++)
        pieces[i] = (struct silt_piece){scratch->frames[looks->frame[i]].code, scratch->objects[i], SILT_CODE_HEAD};
    gather(looks, pieces);
    unsigned good = 0;
    for (unsigned i = 0; i < looks->count; i++) {
        const uint8_t *head = scratch->objects[i];
        if (!looks->arrived[i] || silt_word(head, 8) != silt_python.code_type || silt_word(head, 16) > SILT_LONGEST_TEXT)
            continue;
        looks->frame[good] = looks->frame[i];
        memmove(scratch->objects[good], head, SILT_CODE_HEAD);
        struct identity *identity = &identities[good];
        *identity = (struct identity){.code = scratch->frames[looks->frame[good]].code,
                                      .lines = silt_word(head, layout->code_lines),
                                      .name = silt_word(head, layout->code_name),
                                      .instructions = 2u * (uint32_t)silt_word(head, 16)};
        memcpy(&identity->first_line, head + layout->code_first_line, sizeof identity->first_line);
        looks->arrived[good] = false;
        size_t bytes = silt_python_name_bytes(identity->name);
        pieces[good] = (struct silt_piece){identity->name, scratch->names[good], bytes};
        good++;
    }
    looks->count = good;
    gather(looks, pieces);
    for (unsigned i = 0; i < good; i++) {
        if (!looks->arrived[i] || !silt_python_hash_name(scratch, identities[i].name, scratch->names[i],
                                                         pieces[i].bytes, &identities[i].name_hash))
            continue;
        struct known *known = find(&identities[i]);
        if (known) confirm(known, now);
        instructions[looks->frame[i]] = identities[i].instructions;
        uint64_t file = silt_word(scratch->objects[i], layout->code_file);
        indices[looks->frame[i]] = known ? known->index : learn(scratch, &identities[i], file);
    }
}

unsigned silt_code_encode(struct silt_python_scratch *scratch, unsigned count, uint64_t *frames) {
    int64_t indices[SILT_PEEK_PIECES];
    uint32_t instructions[SILT_PEEK_PIECES];
    uint8_t first[SILT_PEEK_PIECES]; // the innermost frame with the same code
    struct looks looks = {0};
    uint32_t now = now_ms();
    for (unsigned i = 0; i < count; i++) {
        first[i] = (uint8_t)i;
        for (unsigned j = 0; j < i && first[i] == i; j++)
            if (scratch->frames[j].code == scratch->frames[i].code) first[i] = (uint8_t)j;
        indices[i] = -1;
        instructions[i] = 0;
        if (first[i] != i) continue;
        struct known *known = newest(scratch->frames[i].code);
        if (known && is_settled(known, now)) {
            indices[i] = known->index;
            instructions[i] = known->identity.instructions;
        } else {
            looks.frame[looks.count++] = (uint8_t)i;
        }
    }
    if (looks.count) look(scratch, &looks, now, indices, instructions);
    unsigned out = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct silt_python_frame *frame = &scratch->frames[i];
        // One unit before the first instruction where none has run yet (v3.12 Include/internal/pycore_frame.h).
        uint64_t offset = frame->instruction - frame->code - silt_python.layout.code_instructions;
        if (offset == (uint64_t)-2) offset = 0;
        int64_t index = indices[first[i]];
        if (index < 0 || offset >= instructions[first[i]]) {
            __atomic_fetch_add(&table.dropped, 1, __ATOMIC_RELAXED);
            // The loop of the interpreter that ran this one holds what stands inside of it.
            if (frame->entry && out) frames[out - 1] |= SILT_FRAME_ENTRY;
            continue;
        }
        frames[out++] = (uint64_t)index << 32 | offset | (frame->entry ? SILT_FRAME_ENTRY : 0);
    }
    return out;
}
