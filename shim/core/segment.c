/// The segment's file: made, grown, swept, removed.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "nodes.h"
#include "state.h"
#include "text.h"

// Linux 5.14, include/uapi/asm-generic/mman-common.h; not in every libc's headers.
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/// What can become large is mapped without access and opened in steps of this many bytes, so that a program that calls
/// mlockall(2) does not populate all of it.
#define OPENING_STEP (UINT64_C(1) << 20)
/// Dead files that one process removes at most, so that many starting at once do not all test all.
#define SWEEP_LIMIT 8

/// The library interposes mmap and munmap: its own mappings go to the kernel directly, and stay out of the books.
/// The offset is a long: of an int, syscall(2) would take the upper half from whatever lies on the stack.
static void *map(void *address, size_t bytes, int protection, int flags, int file) {
    return (void *)syscall(SYS_mmap, address, bytes, protection, flags, file, 0L);
}

static void unmap(void *address, size_t bytes) { syscall(SYS_munmap, address, bytes); }

static uint64_t round_up(uint64_t value, uint64_t step) { return (value + step - 1) / step * step; }

struct layout {
    uint64_t offset[SILT_SECTION_CAPACITY];
    uint64_t capacity[SILT_SECTION_CAPACITY];
    uint64_t file_bytes;
};

static const uint32_t entry_bytes[] = {
    [SILT_SECTION_SLOTS] = sizeof(struct silt_slot),
    [SILT_SECTION_LEAVES] = sizeof(struct silt_leaf),
    [SILT_SECTION_COUNTERS] = SILT_LEAF_BYTES,
    [SILT_SECTION_RANGES] = sizeof(struct silt_range),
    [SILT_SECTION_THREADS] = sizeof(uint64_t),
    [SILT_SECTION_HEAPS] = sizeof(uint64_t),
    [SILT_SECTION_STACKS] = sizeof(struct silt_stack),
    [SILT_SECTION_SAMPLES] = sizeof(struct silt_sample),
    [SILT_SECTION_FRAMES] = sizeof(uint64_t),
    [SILT_SECTION_HISTORY] = sizeof(struct silt_moment),
    [SILT_SECTION_MODULES] = sizeof(struct silt_module),
    [SILT_SECTION_TAGS] = sizeof(struct silt_tag),
    [SILT_SECTION_TEXT] = 1,
    [SILT_SECTION_CODE] = sizeof(struct silt_code),
    [SILT_SECTION_SITES] = sizeof(struct silt_site),
};
#define KINDS (sizeof entry_bytes / sizeof entry_bytes[0])

/// Entries of the tables that samples need. Small ones where the program's limits leave little room, none where nothing
/// is sampled. With every allocation sampled the table holds as many live blocks as it has entries.
enum scale { SCALE_NONE, SCALE_SMALL, SCALE_FULL };

static void scale_samples(struct layout *layout, enum scale scale) {
    if (scale == SCALE_NONE) return;
    bool full = scale == SCALE_FULL;
    bool dense = silt_core.sample_mean < 4096;
    layout->capacity[SILT_SECTION_STACKS] = full ? 1u << 18 : 1u << 13;
    layout->capacity[SILT_SECTION_SITES] = layout->capacity[SILT_SECTION_STACKS] + 1;
    layout->capacity[SILT_SECTION_SAMPLES] = !full ? 1u << 14 : dense ? SILT_PIECES * SILT_PIECE_NODES : 1u << 20;
    layout->capacity[SILT_SECTION_FRAMES] = full ? 1u << 23 : 1u << 17;
    layout->capacity[SILT_SECTION_MODULES] = full ? SILT_MAX_MODULES : 512;
    layout->capacity[SILT_SECTION_TAGS] = full ? SILT_MAX_TAGS : 512;
    layout->capacity[SILT_SECTION_TEXT] = full ? 1u << 24 : 1u << 19;
    layout->capacity[SILT_SECTION_CODE] = full ? 1u << 16 : 1u << 12;
}

/// The order of the sections in the file. From the first lazy one on they are opened as they grow; the counters come
/// last, where they can be cut.
static const uint8_t order[] = {
    SILT_SECTION_SLOTS,   SILT_SECTION_LEAVES, SILT_SECTION_RANGES, SILT_SECTION_THREADS, SILT_SECTION_HEAPS,
    SILT_SECTION_HISTORY, SILT_SECTION_MODULES, SILT_SECTION_TAGS,  SILT_SECTION_CODE,    SILT_SECTION_TEXT,
    SILT_SECTION_STACKS,  SILT_SECTION_FRAMES,  SILT_SECTION_SITES, SILT_SECTION_SAMPLES, SILT_SECTION_COUNTERS};
#define FIRST_LAZY_SECTION SILT_SECTION_MODULES

static struct layout layout_for(uint32_t leaves, enum scale scale) {
    struct layout layout = {.capacity = {
                                [SILT_SECTION_SLOTS] = SILT_MAX_SLOTS,
                                [SILT_SECTION_LEAVES] = leaves,
                                [SILT_SECTION_COUNTERS] = leaves,
                                [SILT_SECTION_RANGES] = SILT_MAX_RANGES,
                                [SILT_SECTION_THREADS] = SILT_MAX_THREADS,
                                [SILT_SECTION_HEAPS] = SILT_MAX_HEAPS,
                                [SILT_SECTION_HISTORY] = SILT_HISTORY_ENTRIES,
                            }};
    scale_samples(&layout, silt_core.sample_mean ? scale : SCALE_NONE);
    uint64_t end = sizeof(struct silt_segment_header);
    for (size_t i = 0; i < sizeof order; i++) {
        layout.offset[order[i]] = end;
        end += round_up(layout.capacity[order[i]] * entry_bytes[order[i]], 4096);
    }
    layout.file_bytes = end;
    return layout;
}

/// The books take at most this part of the addresses that RLIMIT_AS leaves a program: private memory and fixed tables,
/// and as much again for the counters.
#define PART_OF_ADDRESSES 32

/// The bytes that the limits in force leave: a file beyond RLIMIT_FSIZE kills by SIGXFSZ, and a program under RLIMIT_AS
/// needs the addresses itself. 0: no room at all.
static uint64_t room_within_limits(void) {
    uint64_t room = UINT64_MAX;
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) room = limit.rlim_cur;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        uint64_t part = limit.rlim_cur / PART_OF_ADDRESSES;
        if (sizeof(struct silt_private) > part) return 0;
        if (part < room) room = part;
    }
    return room;
}

/// The largest layout that fits the limits; without room for a single leaf its `file_bytes` are 0. Samples are given up
/// before the books are.
static struct layout layout_within_limits(void) {
    uint64_t room = room_within_limits();
    for (enum scale scale = room == UINT64_MAX ? SCALE_FULL : SCALE_SMALL;; scale--) {
        uint64_t fixed = layout_for(0, scale).file_bytes;
        if (room >= fixed + 2 * SILT_LEAF_BYTES) {
            uint64_t leaves = (room - fixed) / (SILT_LEAF_BYTES + sizeof(struct silt_leaf) + 1);
            return layout_for(leaves < SILT_MAX_LEAVES ? (uint32_t)leaves : SILT_MAX_LEAVES, scale);
        }
        if (scale == SCALE_NONE) return (struct layout){0};
    }
}

/// Whether a file is what a process without mercy left behind: named as create_file names, and with our magic or, where
/// the process died between making it and writing its header, nothing. Other programs' files may begin with "silt-"
/// too.
static bool is_ours(int file, const char *name) {
    static const char digits[] = "0123456789abcdef";
    size_t pid = strspn(name += strlen(SILT_SEGMENT_PREFIX), "0123456789");
    size_t random = name[pid] == '-' ? strspn(name + pid + 1, digits) : 0;
    uint64_t magic = 0;
    if (pid == 0 || random == 0 || name[pid + 1 + random] != 0) return false;
    return pread(file, &magic, sizeof magic, 0) >= 0 && (magic == SILT_SEGMENT_MAGIC || magic == 0);
}

/// Removes files that no process maps any more. Every segment is locked (flock) through its mapping, which holds the
/// open file for as long as any process maps it: the kernel drops the lock at exec, at exit and at kill -9 alike.
static void sweep(int directory) {
    struct entry {
        uint64_t inode;
        int64_t next;
        uint16_t bytes;
        uint8_t type;
        char name[];
    };
    char buffer[4096] __attribute__((aligned(8)));
    long got = syscall(SYS_getdents64, directory, buffer, sizeof buffer);
    unsigned swept = 0;
    for (long at = 0; at < got && swept < SWEEP_LIMIT;) {
        struct entry *entry = (struct entry *)(buffer + at);
        at += entry->bytes;
        if (strncmp(entry->name, SILT_SEGMENT_PREFIX, strlen(SILT_SEGMENT_PREFIX)) != 0) continue;
        int file = openat(directory, entry->name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
        if (file < 0) continue;
        struct stat status;
        if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
            is_ours(file, entry->name) && flock(file, LOCK_EX | LOCK_NB) == 0) {
            unlinkat(directory, entry->name, 0);
            swept++;
        }
        close(file);
    }
}

/// A new file under a name that cannot be foretold, locked: 0600, ours, no link followed. -1: refused.
static int create_file(int directory) {
    for (int attempt = 0; attempt < 8; attempt++) {
        uint64_t random;
        if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
            random = silt_core.header ? (uintptr_t)&random : (uint64_t)time(NULL) ^ (uintptr_t)&random;
        struct silt_text name = silt_text(silt_core.name, sizeof silt_core.name);
        silt_text_add(&name, SILT_SEGMENT_PREFIX);
        silt_text_add_number(&name, silt_core.pid, 10);
        silt_text_add(&name, "-");
        silt_text_add_number(&name, random, 16);
        int file = openat(directory, silt_core.name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (file < 0) {
            if (errno == EEXIST) continue;
            return -1;
        }
        struct stat status;
        // A sweeper that came between open and flock has the lock, or has removed the name already: take another. Some
        // file systems have no locks at all: what could never be swept must not stay.
        if (flock(file, LOCK_SH | LOCK_NB) == 0 && fstat(file, &status) == 0 && status.st_nlink == 1) return file;
        unlinkat(directory, silt_core.name, 0);
        close(file);
    }
    return -1;
}

static void *map_file(int file, const struct layout *layout) {
    uint8_t *base = map(NULL, layout->file_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file);
    if (base == MAP_FAILED) return NULL;
    madvise(base, layout->file_bytes, MADV_DONTDUMP);
    madvise(base, layout->file_bytes, MADV_NOHUGEPAGE);
    uint64_t fixed = layout->offset[FIRST_LAZY_SECTION];
    mprotect(base + fixed, layout->file_bytes - fixed, PROT_NONE);
    return base;
}

static void point_at_sections(uint8_t *base, const struct layout *layout) {
    silt_core.header = (struct silt_segment_header *)base;
    silt_core.slots = (struct silt_slot *)(base + layout->offset[SILT_SECTION_SLOTS]);
    silt_core.leaves = (struct silt_leaf *)(base + layout->offset[SILT_SECTION_LEAVES]);
    silt_core.counters = base + layout->offset[SILT_SECTION_COUNTERS];
    silt_core.ranges = (struct silt_range *)(base + layout->offset[SILT_SECTION_RANGES]);
    silt_core.thread_pointers = (uint64_t *)(base + layout->offset[SILT_SECTION_THREADS]);
    silt_core.heaps = (uint64_t *)(base + layout->offset[SILT_SECTION_HEAPS]);
    silt_core.history = (struct silt_moment *)(base + layout->offset[SILT_SECTION_HISTORY]);
    silt_core.stacks = (struct silt_stack *)(base + layout->offset[SILT_SECTION_STACKS]);
    silt_core.samples = (struct silt_sample *)(base + layout->offset[SILT_SECTION_SAMPLES]);
    silt_core.frames = (uint64_t *)(base + layout->offset[SILT_SECTION_FRAMES]);
    silt_core.modules = (struct silt_module *)(base + layout->offset[SILT_SECTION_MODULES]);
    silt_core.tags = (struct silt_tag *)(base + layout->offset[SILT_SECTION_TAGS]);
    silt_core.text = (char *)(base + layout->offset[SILT_SECTION_TEXT]);
    silt_core.codes = (struct silt_code *)(base + layout->offset[SILT_SECTION_CODE]);
    silt_core.sites = (struct silt_site *)(base + layout->offset[SILT_SECTION_SITES]);
    silt_core.site_capacity = (uint32_t)layout->capacity[SILT_SECTION_SITES];
    silt_core.stack_capacity = (uint32_t)layout->capacity[SILT_SECTION_STACKS];
    silt_core.sample_capacity = (uint32_t)layout->capacity[SILT_SECTION_SAMPLES];
    silt_core.frame_capacity = layout->capacity[SILT_SECTION_FRAMES];
    silt_core.module_capacity = (uint32_t)layout->capacity[SILT_SECTION_MODULES];
    silt_core.tag_capacity = (uint32_t)layout->capacity[SILT_SECTION_TAGS];
    silt_core.text_capacity = layout->capacity[SILT_SECTION_TEXT];
    silt_core.code_capacity = (uint32_t)layout->capacity[SILT_SECTION_CODE];
    if (silt_core.sample_capacity == 0) silt_core.sample_mean = 0;
    memcpy(silt_core.offset, layout->offset, sizeof silt_core.offset);
    for (uint32_t kind = 1; kind < KINDS; kind++)
        silt_core.room[kind] = round_up(layout->capacity[kind] * entry_bytes[kind], 4096);
    silt_core.file_bytes = layout->file_bytes;
    silt_core.leaf_capacity = (uint32_t)layout->capacity[SILT_SECTION_LEAVES];
    memset(silt_core.populated, 0, sizeof silt_core.populated);
}

static void write_header(struct silt_segment_header *header, const struct layout *layout, uint32_t forked_from) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    header->version_major = SILT_SEGMENT_MAJOR;
    header->version_minor = SILT_SEGMENT_MINOR;
    header->header_bytes = sizeof *header;
    header->granule_bytes = 1u << SILT_GRANULE_SHIFT;
    header->file_bytes = layout->file_bytes;
    header->pid = silt_core.pid;
    header->forked_from = forked_from;
    header->created_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    header->private_start = (uintptr_t)silt_core.memory;
    header->private_bytes = sizeof *silt_core.memory;
    header->sample_mean = silt_core.sample_mean;
    header->unwinder = silt_core.unwinder_state;
    for (uint32_t kind = 1; kind < KINDS; kind++)
        if (layout->capacity[kind])
            header->sections[kind] = (struct silt_section){.kind = kind,
                                                           .entry_bytes = entry_bytes[kind],
                                                           .offset = layout->offset[kind],
                                                           .capacity = layout->capacity[kind]};
    header->magic = SILT_SEGMENT_MAGIC;
}

bool silt_segment_create(uint32_t forked_from) {
    struct layout layout = layout_within_limits();
    if (layout.file_bytes == 0) return false;
    int directory = open(silt_core.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return false;
    if (silt_core.run[0] == 0 && forked_from == 0) sweep(directory);
    int file = create_file(directory);
    uint8_t *base = NULL;
    if (file >= 0 && ftruncate(file, (off_t)layout.file_bytes) == 0) base = map_file(file, &layout);
    if (base && madvise(base, sizeof(struct silt_segment_header), MADV_POPULATE_WRITE) != 0) {
        unmap(base, layout.file_bytes);
        base = NULL;
    }
    if (file >= 0 && !base) unlinkat(directory, silt_core.name, 0);
    if (file >= 0) close(file);
    close(directory);
    if (!base) return false;
    point_at_sections(base, &layout);
    write_header(silt_core.header, &layout, forked_from);
    return true;
}

/// The kernel's page size rounds the range out: on 64 KiB pages neighbours of a section are populated with it.
static bool populate(uint8_t *start, uint8_t *end) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t low = (uintptr_t)start & ~(page - 1);
    uintptr_t high = ((uintptr_t)end + page - 1) & ~(page - 1);
    return madvise((void *)low, high - low, MADV_POPULATE_WRITE) == 0;
}

bool silt_segment_reserve(enum silt_section_kind kind, uint64_t count) {
    uint64_t needed = count * entry_bytes[kind];
    uint64_t have = __atomic_load_n(&silt_core.populated[kind], __ATOMIC_ACQUIRE);
    if (needed <= have) return true;
    if (silt_core_is_confined()) return false;
    // Offsets come from private memory, never from the header, which others can overwrite.
    uint8_t *section = (uint8_t *)silt_core.header + silt_core.offset[kind];
    uint64_t end = round_up(needed, 4096);
    if (end > silt_core.room[kind]) return false;
    if (silt_core.offset[kind] >= silt_core.offset[FIRST_LAZY_SECTION] && end > round_up(have, OPENING_STEP)) {
        uint64_t open = round_up(end, OPENING_STEP);
        uint64_t room = silt_core.room[kind];
        if (mprotect(section, open < room ? open : room, PROT_READ | PROT_WRITE) != 0) return false;
    }
    if (!populate(section + have, section + end)) return false;
    // Two threads may populate the same pages, which is harmless; the mark only ever rises.
    while (have < end && !__atomic_compare_exchange_n(&silt_core.populated[kind], &have, end, false, __ATOMIC_ACQ_REL,
                                                      __ATOMIC_ACQUIRE)) {}
    return true;
}

bool silt_segment_publish_count(enum silt_section_kind kind, uint64_t count) {
    if (!silt_segment_reserve(kind, count)) return false;
    uint64_t *published = &silt_core.header->sections[kind].count;
    uint64_t seen = __atomic_load_n(published, __ATOMIC_RELAXED);
    while (seen < count &&
           !__atomic_compare_exchange_n(published, &seen, count, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {}
    return true;
}

/// Cuts the tables that samples need to what a program with such limits would have got at its start, or to what is in
/// use.
static void shrink_samples(void) {
    struct layout small = {0};
    scale_samples(&small, SCALE_SMALL);
    for (uint32_t kind = SILT_SECTION_STACKS; kind < KINDS; kind++) {
        if (silt_core.room[kind] == 0) continue;
        uint64_t used = __atomic_load_n(&silt_core.populated[kind], __ATOMIC_ACQUIRE);
        uint64_t keep = round_up(small.capacity[kind] * entry_bytes[kind], 4096);
        // A step's worth beyond what is in use: another thread may be adding right now.
        if (keep < used + OPENING_STEP) keep = round_up(used + OPENING_STEP, OPENING_STEP);
        if (keep >= silt_core.room[kind]) continue;
        uint64_t cut = silt_core.room[kind] - keep;
        silt_core.room[kind] = keep;
        unmap((uint8_t *)silt_core.header + silt_core.offset[kind] + keep, cut);
    }
    uint64_t samples = silt_core.room[SILT_SECTION_SAMPLES] / sizeof(struct silt_sample);
    if (samples < silt_core.sample_capacity) silt_core.sample_capacity = (uint32_t)samples;
}

void silt_segment_shrink(uint64_t addresses) {
    if (!silt_core.header) return;
    uint8_t *base = (uint8_t *)silt_core.header;
    shrink_samples();
    uint64_t used = __atomic_load_n(&silt_core.leaf_count, __ATOMIC_ACQUIRE);
    // A step's worth beyond what is in use: another thread may be taking the next leaf right now.
    uint64_t keep = used * SILT_LEAF_BYTES + OPENING_STEP;
    if (keep < addresses / PART_OF_ADDRESSES) keep = addresses / PART_OF_ADDRESSES;
    uint64_t file_bytes = round_up((uint64_t)(silt_core.counters - base) + keep, OPENING_STEP);
    if (file_bytes >= silt_core.file_bytes) return;
    uint64_t tail = silt_core.file_bytes - file_bytes;
    silt_core.leaf_capacity = (uint32_t)((file_bytes - (uint64_t)(silt_core.counters - base)) / SILT_LEAF_BYTES);
    silt_core.file_bytes = file_bytes;
    silt_core.room[SILT_SECTION_COUNTERS] = file_bytes - silt_core.offset[SILT_SECTION_COUNTERS];
    unmap(base + file_bytes, tail);
}

void silt_segment_unlink(void) {
    int directory = open(silt_core.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return;
    unlinkat(directory, silt_core.name, 0);
    close(directory);
}

struct silt_mapped silt_segment_mapped(void) {
    struct silt_mapped mapped = {.base = (uint8_t *)silt_core.header, .bytes = silt_core.file_bytes};
    memcpy(mapped.offset, silt_core.offset, sizeof mapped.offset);
    memcpy(mapped.room, silt_core.room, sizeof mapped.room);
    return mapped;
}

void silt_segment_unmap(const struct silt_mapped *mapped) {
    if (!mapped->base) return;
    // Piece by piece: what was cut out in between may be the program's by now.
    unmap(mapped->base, mapped->offset[FIRST_LAZY_SECTION]);
    for (size_t i = 0; i < sizeof order; i++) {
        bool is_lazy = mapped->offset[order[i]] >= mapped->offset[FIRST_LAZY_SECTION];
        if (is_lazy && mapped->room[order[i]]) unmap(mapped->base + mapped->offset[order[i]], mapped->room[order[i]]);
    }
}
