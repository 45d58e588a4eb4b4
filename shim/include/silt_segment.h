/// The segment: a process's heap books, as a file that another process reads.
///
/// One file a process, written by libsilt.so, mapped MAP_SHARED by the process and found by its name in the process's
/// own /proc/PID/maps. This header *is* the format; both languages use it. All numbers are little-endian and naturally
/// aligned; there is no pointer of ours in it (addresses are those of the process, for information).
///
///   OFFSET  SIZE        DESCRIPTION
///   0       4096        struct silt_segment_header
///   ...     ...         the sections, at the offsets of header.sections, each a dense table of equal entries
///
/// EVOLUTION RULE. `version_major` changes when a reader of the old one would misread; a reader refuses another major
/// version. `version_minor` grows when something is added: fields out of `reserved`, section kinds behind the last.
/// Offsets never move; a reader leaves alone the section kinds that it does not know, and takes `entry_bytes` from the
/// descriptor, never from sizeof, so that entries can grow at their end. Set aside: requests (20), declarations (21).
///
/// READER ALGORITHM.
///   1. Find the line of /proc/PID/maps whose file name begins with SILT_SEGMENT_PREFIX. Open that path below the
///      process's root without following any link; its device and inode must be those of the line.
///   2. pread the header. Check magic, major version, header_bytes, file_bytes against fstat, every section against
///      file_bytes; check `pid` against the innermost NSpid of the process: a forked child that could make no books of
///      its own still maps its parent's.
///   3. pread what `count` says of each section. Never map it: the owner could truncate it under you. Trust no number.
///   4. A granule's live bytes are the sum of its counters over *all* leaves with its key, modulo 2^16. A sum above
///      4096 was torn in the reading (or a block was freed that the shim never saw): clamp it, count it.
///   5. The ranges are stable when `ranges_sequence` is even and the same before and after the copy.
///   6. An entry of the history is whole when two copies of it agree and `sequence` is even. It counts when its time lies
///      in the past, no longer ago than its ring is long, and belongs to its place: time / period % entries. An entry that
///      does not is an older one, which nothing was written over: a gap.
///
/// WHY A READER IS SAFE WHILE THE WRITER RUNS. Every counter is changed by single instructions and is never out of date
/// by more than the operations in flight; tables only grow, an entry's last-written field makes it valid (a key, a
/// kind); `count` is raised after the entry is whole. What a reader copies is therefore each moment's truth a granule
/// at a time; for one instant's truth it stops the process and checks the equation at struct silt_slot: where it does
/// not hold, a thread stands in the middle of a booking; let it run on for a moment and try again.
#ifndef SILT_SEGMENT_H
#define SILT_SEGMENT_H

#include <stdint.h>

/// "SILTSEG" and the major version: a change of byte order or of anything basic changes it.
#define SILT_SEGMENT_MAGIC 0x01474553544c4953u
#define SILT_SEGMENT_MAJOR 1u
#define SILT_SEGMENT_MINOR 1u
/// Files are named silt-PID-RANDOM, in $SILT_DIR or /dev/shm.
#define SILT_SEGMENT_PREFIX "silt-"

/// A granule is 4096 bytes whatever the kernel's page size is; a leaf holds the counters of 2048 of them (8 MiB), and
/// one more: what its last block holds of the first granule *after* the leaf. That counter adds to granule 0 of the
/// next key. It lets the hot path add to two neighbours without asking whether there are two.
#define SILT_GRANULE_SHIFT 12
#define SILT_LEAF_SHIFT 23
#define SILT_LEAF_GRANULES 2048
#define SILT_LEAF_COUNTERS (SILT_LEAF_GRANULES + 1)
/// Whole cache lines, so that two threads' leaves never share one.
#define SILT_LEAF_BYTES 4160
/// glibc's secondary arenas live in heaps of this size and alignment (malloc/arena.c: HEAP_MAX_SIZE, 64-bit).
#define SILT_HEAP_SHIFT 26

enum silt_section_kind {
    SILT_SECTION_NONE = 0,
    SILT_SECTION_SLOTS = 1,   ///< struct silt_slot; entry 0 is the shared one, of threads without a slot
    SILT_SECTION_LEAVES = 2,  ///< struct silt_leaf: which granules a leaf counts, for whom
    SILT_SECTION_COUNTERS = 3,///< uint16_t[SILT_LEAF_COUNTERS]: the leaf of the same index
    SILT_SECTION_RANGES = 4,  ///< struct silt_range: the program's mappings, and blocks with a mapping of their own
    SILT_SECTION_THREADS = 5, ///< uint64_t: every thread pointer seen, the main thread's first
    SILT_SECTION_HEAPS = 6,   ///< uint64_t: base of every heap of a secondary arena seen
    SILT_SECTION_STACKS = 16, ///< struct silt_stack: every different stack once; only grows
    SILT_SECTION_SAMPLES = 17,///< struct silt_sample: live blocks and what freed ones left
    SILT_SECTION_FRAMES = 18, ///< uint64_t: the frames of the stacks; only grows
    SILT_SECTION_HISTORY = 19,///< struct silt_moment: three rings, seconds, minutes, hours; empty before the first second
    SILT_SECTION_MODULES = 22,///< struct silt_module: code that was seen on a stack; only grows
    SILT_SECTION_TAGS = 23,   ///< struct silt_tag: every different tag once; only grows
    SILT_SECTION_TEXT = 24,   ///< bytes: paths of modules, names and line tables of Python code; only grows
    SILT_SECTION_CODE = 25,   ///< struct silt_code: Python code objects that were seen on a stack; only grows
    SILT_SECTION_SITES = 26,  ///< struct silt_site: a tally of each stack, at its index + 1; entry 0 is of threads
    SILT_SECTION_CAPACITY = 32,
};

enum silt_state {
    SILT_STATE_BUILDING = 0, ///< not ready: nothing in it may be used
    SILT_STATE_ACTIVE = 1,   ///< the books are kept
    SILT_STATE_STOPPED = 2,  ///< the books were given up: `degraded` says why
};

/// What the books lack. Bits of header.degraded; a reader prints a bit that it does not know by its number.
enum silt_degraded {
    SILT_DEGRADED_FORK_INEXACT = 1,     ///< a fork copied the books while another thread was changing them
    SILT_DEGRADED_LEAVES_FULL = 2,      ///< heap beyond the last leaf is not booked
    SILT_DEGRADED_RANGES_FULL = 4,      ///< mappings or large blocks beyond the last range are not booked
    SILT_DEGRADED_RANGES_BUSY = 8,      ///< a change of the ranges was given up after a bounded wait for their lock
    SILT_DEGRADED_STORAGE_FULL = 16,    ///< the file could not grow: /dev/shm is full
    SILT_DEGRADED_THREADS_FULL = 32,    ///< stacks beyond the last thread pointer are not known as stacks
    SILT_DEGRADED_OTHER_ALLOCATOR = 64, ///< the allocator is not glibc's: block sizes are malloc_usable_size
    SILT_DEGRADED_CONFINED = 128,       ///< a seccomp filter keeps the file from growing, and it is used up
    SILT_DEGRADED_BYPASSED = 256,       ///< the program calls a malloc that the shim never sees: `allocator` is its module
};

/// One table of the segment.
struct silt_section {
    uint32_t kind;
    uint32_t entry_bytes;
    uint64_t offset;   ///< from the start of the file
    uint64_t capacity; ///< entries
    uint64_t count;    ///< entries that may be in use: all below it are whole or empty
};

struct silt_segment_header {
    uint64_t magic;
    uint32_t version_major;
    uint32_t version_minor;
    uint32_t header_bytes;
    uint32_t granule_bytes;
    uint64_t file_bytes;
    uint32_t pid;            ///< as the process itself sees it
    uint32_t forked_from;    ///< pid of the process whose books these continue, 0 for none
    uint64_t created_ns;     ///< CLOCK_BOOTTIME at creation
    uint32_t state;          ///< enum silt_state
    uint32_t degraded;       ///< enum silt_degraded, or-ed
    uint64_t ranges_sequence;///< odd while the ranges are being changed
    uint64_t mmap_threshold; ///< glibc's, as it follows from settings and from the frees seen
    uint64_t trim_threshold;
    uint64_t threshold_caller; ///< return address of the free that raised it last, 0 for none
    uint32_t threshold_fixed;  ///< 1 when a setting stopped glibc from moving the thresholds
    uint32_t trim_calls;       ///< malloc_trim calls by the program
    uint32_t leaving;        ///< enum silt_leaving: the process waits for its last reading
    uint32_t reserved_flags;
    uint64_t private_start;  ///< the shim's private memory, for its row in the ledger
    uint64_t private_bytes;
    char allocator[64];      ///< "glibc 2.36", or the path of another allocator's library; NUL-terminated
    uint64_t sample_mean;    ///< bytes between samples in the mean; 0: nothing is sampled
    uint64_t samples_dropped;///< sampled blocks that the table had no room for
    uint64_t stacks_dropped; ///< samples whose stack had no room, or could not be taken
    uint32_t unwinder;       ///< enum silt_unwinder
    uint32_t python;         ///< enum silt_python
    uint32_t python_version; ///< as PY_VERSION_HEX, 0: no interpreter was seen
    uint32_t reserved_word;
    uint64_t sites_since_ns; ///< CLOCK_MONOTONIC when the tallies began
    uint8_t reserved[280];
    struct silt_section sections[SILT_SECTION_CAPACITY]; ///< index = kind
    uint8_t padding[2560];
};

/// Where stacks come from.
enum silt_unwinder {
    SILT_UNWINDER_OFF = 0,     ///< nothing is sampled
    SILT_UNWINDER_LIBUNWIND = 1,
    SILT_UNWINDER_MISSING = 2, ///< libunwind.so.8 is not installed
    SILT_UNWINDER_STOPPED = 3, ///< the process was forked while another thread was taking a stack
    SILT_UNWINDER_UNSAFE = 4,  ///< malloc is not glibc's: it may wait for a lock that it holds while it maps memory
};

/// Whether the frames of CPython's own code are taken.
enum silt_python {
    SILT_PYTHON_NONE = 0,    ///< there is no interpreter in the process
    SILT_PYTHON_KNOWN = 1,   ///< its frames are taken
    SILT_PYTHON_UNKNOWN = 2, ///< the layout of this version's frames is not known
};

enum silt_leaving {
    SILT_LEAVING_NOT = 0,
    SILT_LEAVING_EXIT = 1, ///< in exit or _exit
    SILT_LEAVING_EXEC = 2, ///< about to become another program
};

/// The totals of one thread, or of the threads that used the slot one after another. Single values may be negative
/// (blocks freed by another thread than the one that allocated them); the sums over all slots, modulo 2^64, are the
/// process's:
///   Σ (credited - countdown) = live bytes = Σ counters of all leaves + Σ ranges of kind BLOCK
///   Σ live_blocks            = number of live blocks
/// An allocation only subtracts its bytes from the countdown: where that falls below 0 it becomes a sample, and both
/// fields grow by the distance to the next one. So the count that the books need tells by its sign when to sample.
struct silt_slot {
    int64_t credited;    ///< chunk bytes, headers included: handed out to the countdown, less what was freed
    int64_t live_blocks;
    int64_t countdown;   ///< chunk bytes that this thread may still allocate before its next sample
    uint8_t reserved[104];
};

/// Whose granules the counters of the same index count.
struct silt_leaf {
    uint32_t key;  ///< 1 + address / 8 MiB; 0 = not in use yet
    uint32_t slot; ///< index of its owner; 0 = shared
};

enum silt_range_kind {
    SILT_RANGE_NONE = 0,
    SILT_RANGE_MAPPING = 1, ///< anonymous private memory that the program mapped
    SILT_RANGE_BLOCK = 2,   ///< a live block with a mapping of its own (IS_MMAPPED), its whole extent
    SILT_RANGE_OBSERVER = 3,///< memory that the shim's unwinder mapped
};

/// An address range and what it is. Ranges never overlap; `kind` NONE is an empty entry.
struct silt_range {
    uint64_t start;
    uint64_t end;
    uint64_t caller; ///< return address of the call that mapped it
    uint32_t kind;
    uint32_t stack;  ///< of the call, for mappings of SILT_STACKED_MAPPING bytes and more: 1 + index; 0: none
};

/// Mappings of at least this many bytes get a stack while samples are taken.
#define SILT_STACKED_MAPPING ((uint64_t)1 << 20)

enum silt_sample_state {
    SILT_SAMPLE_NONE = 0,
    SILT_SAMPLE_LIVE = 1, ///< the program holds the block
    SILT_SAMPLE_LEFT = 2, ///< the block was freed, and the place at `address` has not been used since, as far as is known
};

/// A block that was sampled: with probability 1 - exp(-bytes / sample_mean), whoever allocated it. Packed, since with
/// every allocation sampled there is one for each live block.
///
/// When it is freed, one or more *points* stay, in entries of their own: bytes of the block drawn evenly, each of which
/// speaks for bytes / points bytes. A point ends when a later block that covered it is freed, or is a sample itself:
/// so the points that lie on pages without a live byte tell whose blocks were the last there.
struct silt_sample {
    uint64_t place;  ///< SILT_SAMPLE_PLACE; written last, 0: not in use
    uint64_t extent; ///< SILT_SAMPLE_EXTENT
    uint32_t born;   ///< SILT_SAMPLE_TIME
    uint32_t freed;  ///< the same; LEFT only
    uint32_t thread; ///< that allocated it: its number as the kernel knows it in the process's namespace
    uint32_t stack;  ///< SILT_SAMPLE_STACK
};
/// Address in 48 bits, tag in 13, state in 2. LIVE: where the chunk begins (its first byte in the books); LEFT: the
/// point. Tag: 1 + index; 0: none.
#define SILT_SAMPLE_PLACE(address, tag, state) ((uint64_t)(address) | (uint64_t)(tag) << 48 | (uint64_t)(state) << 61)
#define SILT_SAMPLE_ADDRESS (((uint64_t)1 << 48) - 1)
#define SILT_SAMPLE_TAG_SHIFT 48
#define SILT_SAMPLE_TAG_BITS 13
#define SILT_SAMPLE_STATE_SHIFT 61
/// Bytes of the chunk in 48 bits, and in 16, LIVE: how many of them the program did not ask for, 65535: so many or
/// more; LEFT: how many points there are of this block.
#define SILT_SAMPLE_EXTENT(bytes, rest) ((uint64_t)(bytes) | (uint64_t)(rest) << 48)
/// CLOCK_MONOTONIC in units of 2^23 ns (8.4 ms), modulo 2^32 (417 days).
#define SILT_SAMPLE_TIME_SHIFT 23
#define SILT_SAMPLE_TIME(nanoseconds) ((uint32_t)((nanoseconds) >> SILT_SAMPLE_TIME_SHIFT))
/// 1 + index of the stack in 20 bits, 0: none; and in 12 how often the entry was used before, modulo 2^12: who sees two
/// values may have copied two blocks.
#define SILT_SAMPLE_STACK(stack, serial) ((uint32_t)(stack) | (uint32_t)(serial) << 20)
#define SILT_SAMPLE_STACK_BITS 20

/// A stack: `frames` addresses, innermost first, then `python_frames` of the interpreter's, innermost first, at
/// `first_frame` of SILT_SECTION_FRAMES.
///
/// A native frame is SILT_FRAME_MODULE(1 + module) | return address; module 0 where none was known. A Python frame is
/// code << 32 | offset of the instruction in its code in bytes, and SILT_FRAME_ENTRY where it was entered from C: the
/// native frame of the interpreter's loop that belongs to it holds all frames down to here.
struct silt_stack {
    uint64_t first_frame;
    uint16_t frames;
    uint16_t python_frames;
    uint32_t flags; ///< SILT_STACK_*
};
#define SILT_FRAMES_AT_MOST 64
#define SILT_STACK_CUT 1u ///< deeper than SILT_FRAMES_AT_MOST
#define SILT_FRAME_ADDRESS (((uint64_t)1 << 48) - 1)
#define SILT_FRAME_MODULE(index) ((uint64_t)(index) << 48)
#define SILT_FRAME_ENTRY ((uint64_t)1 << 63)

/// A module whose code was seen, as it was mapped then; one that was unloaded keeps its entry.
struct silt_module {
    uint64_t start; ///< of its mapping
    uint64_t end;
    uint64_t bias;  ///< address = bias + ELF virtual address
    uint32_t path;  ///< in SILT_SECTION_TEXT: offset and length
    uint32_t path_bytes;
    uint8_t build_id[32];
    uint32_t build_id_bytes; ///< 0: it has none
    uint32_t reserved;
};

enum silt_site_kind {
    SILT_SITE_NONE = 0,
    SILT_SITE_BLOCKS = 1,   ///< of sampled blocks, each with the bytes that it stands for: bytes / (1 - exp(-bytes / sample_mean))
    SILT_SITE_MAPPINGS = 2, ///< of mappings that have a stack, in bytes
    SILT_SITE_THREADS = 3,  ///< of threads with a slot, in threads
};

/// What was born and what died of one stack: live = born - died. Time goes in ticks of 2^SILT_TICK_SHIFT ns since
/// header.sites_since_ns; levels[i] is what was live when i * 2^k ticks were over, where k = silt_site_interval(tick),
/// the least that leaves fewer than SILT_SITE_LEVELS of them. A reader goes on from `tick` to its own time as the
/// writer would: since the last change nothing has changed.
#define SILT_TICK_SHIFT 30
#define SILT_SITE_LEVELS 16
#define SILT_SITE_OF_THREADS 0u
struct silt_site {
    uint64_t born;
    uint64_t died;
    uint32_t kind; ///< enum silt_site_kind
    uint32_t tick; ///< of the last change
    float levels[SILT_SITE_LEVELS];
};

/// The binary logarithm of an interval's ticks, at `tick`.
static inline unsigned silt_site_interval(uint32_t tick) {
    unsigned shift = 0;
    while (tick >> shift >= SILT_SITE_LEVELS) shift++;
    return shift;
}
/// What the process was like at one moment of a second, a minute or an hour: the last one that the shim looked, and the
/// extremes of all moments of that time. Times are CLOCK_MONOTONIC; RSS is /proc/PID/statm's, 0 where it was not read.
///
/// Three rings lie one behind the other: seconds, minutes, hours. The moment at `time_ns` is entry time_ns / period %
/// entries of its ring. A forked child begins a history of its own.
struct silt_moment {
    uint64_t time_ns;
    int64_t live_bytes; ///< as of struct silt_slot, summed
    int64_t live_lowest;
    int64_t live_highest;
    int64_t live_blocks;
    uint64_t rss_bytes;
    uint64_t rss_lowest;
    uint64_t rss_highest;
    uint32_t span_ms;  ///< from the first look in this second, minute or hour to `time_ns`
    uint32_t sequence; ///< odd while the entry is being written; no two entries ever have the same
};
#define SILT_HISTORY_SECONDS 60
#define SILT_HISTORY_MINUTES 60
#define SILT_HISTORY_HOURS 48
#define SILT_HISTORY_ENTRIES (SILT_HISTORY_SECONDS + SILT_HISTORY_MINUTES + SILT_HISTORY_HOURS)

/// The text of a tag, cut to fit and NUL-terminated.
struct silt_tag {
    char text[64];
};

/// A Python code object (CPython's Objects/codeobject.c). Offsets and lengths in SILT_SECTION_TEXT.
struct silt_code {
    uint32_t name; ///< co_qualname, UTF-8
    uint32_t name_bytes;
    uint32_t file; ///< co_filename, UTF-8
    uint32_t file_bytes;
    uint32_t lines; ///< co_linetable, as it was (Objects/locations.md)
    uint32_t lines_bytes;
    int32_t first_line;
    uint32_t reserved;
};

// Whoever trips one of these has changed the format: restore the offset, or raise the major version and say why.
#define SILT_ASSERT_OFFSET(type, field, at) _Static_assert(__builtin_offsetof(struct type, field) == (at), #field)
SILT_ASSERT_OFFSET(silt_segment_header, file_bytes, 24);
SILT_ASSERT_OFFSET(silt_segment_header, created_ns, 40);
SILT_ASSERT_OFFSET(silt_segment_header, ranges_sequence, 56);
SILT_ASSERT_OFFSET(silt_segment_header, leaving, 96);
SILT_ASSERT_OFFSET(silt_segment_header, private_start, 104);
SILT_ASSERT_OFFSET(silt_segment_header, allocator, 120);
SILT_ASSERT_OFFSET(silt_segment_header, sample_mean, 184);
SILT_ASSERT_OFFSET(silt_segment_header, sites_since_ns, 224);
SILT_ASSERT_OFFSET(silt_segment_header, sections, 512);
_Static_assert(sizeof(struct silt_section) == 32, "silt_section");
_Static_assert(sizeof(struct silt_segment_header) == 4096, "silt_segment_header");
_Static_assert(sizeof(struct silt_slot) == 128, "silt_slot: two cache lines, so that two threads never share one");
_Static_assert(sizeof(struct silt_leaf) == 8, "silt_leaf");
_Static_assert(sizeof(struct silt_range) == 32, "silt_range");
_Static_assert(sizeof(struct silt_sample) == 32, "silt_sample");
_Static_assert(sizeof(struct silt_stack) == 16, "silt_stack");
_Static_assert(sizeof(struct silt_moment) == 72, "silt_moment");
_Static_assert(sizeof(struct silt_module) == 72, "silt_module");
_Static_assert(sizeof(struct silt_code) == 32, "silt_code");
_Static_assert(sizeof(struct silt_site) == 88, "silt_site");
_Static_assert(SILT_LEAF_COUNTERS * sizeof(uint16_t) <= SILT_LEAF_BYTES && SILT_LEAF_BYTES % 64 == 0, "a leaf's bytes");

#endif
