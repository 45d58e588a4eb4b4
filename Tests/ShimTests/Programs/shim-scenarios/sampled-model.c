#include "sampled.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios.h"
#include "state.h"

/// Where blocks of one kind lie. Addresses are told apart by units.
struct region {
    uintptr_t base;
    size_t unit, least, most; ///< bytes
    uint32_t units;
    bool large;
};

static const struct region regions[] = {
    {0x20000000000, 16, 32, 512, 1 << 14, false},
    {0x20100000000, 16, 32, 6 * PAGE, 1 << 17, false},
    {0x20200000000, 16, 32 * KIB, 2 * MIB, 1 << 20, false},
    {0x20300000000, PAGE, PAGE, 8 * MIB, 1 << 14, true},
};
enum { REGIONS = sizeof regions / sizeof regions[0], MOST_BLOCKS = 1 << 22, MOST_LIVE = 1 << 13 };

enum state { GONE, LIVE, UNSETTLED };

struct block {
    uintptr_t start;
    size_t bytes;
    uint8_t region, state;
    uint8_t forgotten; ///< was unsettled at a fork
    uint32_t seen;     ///< times that the table has it
};

static struct {
    pthread_mutex_t mutex;
    struct block *blocks;        ///< by number
    uint32_t count;              ///< numbers given, from 1 on
    uint32_t *owner[REGIONS];    ///< by unit: the block that is there now, 0: none
    uint32_t *last[REGIONS];     ///< by unit: the last block that was freed there
    uint32_t live[MOST_LIVE];    ///< numbers, in no order
    uint32_t live_count;
} model = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void prepare(void) {
    if (model.blocks) return;
    model.blocks = calloc(MOST_BLOCKS, sizeof *model.blocks);
    for (int i = 0; i < REGIONS; i++) {
        model.owner[i] = calloc(regions[i].units, sizeof(uint32_t));
        model.last[i] = calloc(regions[i].units, sizeof(uint32_t));
    }
}

static uint32_t unit_of(const struct region *region, uintptr_t at) { return (uint32_t)((at - region->base) / region->unit); }

static void set_units(uint32_t *units, const struct block *block, uint32_t value) {
    const struct region *region = &regions[block->region];
    uint32_t first = unit_of(region, block->start), count = (uint32_t)(block->bytes / region->unit);
    for (uint32_t i = 0; i < count; i++) units[first + i] = value;
}

static bool is_free(uint8_t index, uintptr_t start, size_t bytes) {
    const struct region *region = &regions[index];
    uint32_t first = unit_of(region, start), count = (uint32_t)(bytes / region->unit);
    if (first + count > region->units) return false;
    for (uint32_t i = 0; i < count; i++)
        if (model.owner[index][first + i]) return false;
    return true;
}

/// Reserves a place; 0: there is none. Under the mutex.
static uint32_t reserve(uint8_t index, uintptr_t start, size_t bytes) {
    if (!is_free(index, start, bytes) || model.live_count == MOST_LIVE || model.count + 1 == MOST_BLOCKS) return 0;
    uint32_t number = ++model.count;
    model.blocks[number] = (struct block){.start = start, .bytes = bytes, .region = index, .state = UNSETTLED};
    set_units(model.owner[index], &model.blocks[number], number);
    return number;
}

static void settle_live(uint32_t number) {
    model.blocks[number].state = LIVE;
    model.live[model.live_count++] = number;
}

static uint32_t take_live(uint32_t at) {
    uint32_t number = model.live[at];
    model.live[at] = model.live[--model.live_count];
    model.blocks[number].state = UNSETTLED;
    return number;
}

static void settle_gone(uint32_t number) {
    struct block *block = &model.blocks[number];
    set_units(model.owner[block->region], block, 0);
    set_units(model.last[block->region], block, number);
    block->state = GONE;
}

/// The core is called without the mutex, as an allocator calls nobody under its lock.
static void make(uint32_t number) {
    struct block block = model.blocks[number];
    pthread_mutex_unlock(&model.mutex);
    book_number(block.start, block.bytes, number, regions[block.region].large, true);
    pthread_mutex_lock(&model.mutex);
    settle_live(number);
}

static void end(uint32_t number) {
    struct block block = model.blocks[number];
    pthread_mutex_unlock(&model.mutex);
    book_number(block.start, block.bytes, number, regions[block.region].large, false);
    pthread_mutex_lock(&model.mutex);
    settle_gone(number);
}

static size_t random_bytes(const struct region *region, uint64_t *random) {
    // Small ones more often: the upper end is drawn first.
    size_t most = region->most >> next_random(random) % 8;
    if (most < region->least) most = region->least;
    return (region->least + next_random(random) % (most - region->least + 1)) / region->unit * region->unit;
}

void model_step(uint64_t *random) {
    uint32_t chosen = next_random(random) % 32;
    uint8_t index = chosen < 14 ? 0 : chosen < 28 ? 1 : chosen < 30 ? 2 : 3;
    const struct region *region = &regions[index];
    uint64_t place = next_random(random), kind = next_random(random) % 16;
    pthread_mutex_lock(&model.mutex);
    prepare();
    if (kind < 8) {
        uint32_t number = reserve(index, region->base + place % region->units * region->unit, random_bytes(region, random));
        if (number) make(number);
    } else if (model.live_count) {
        uint32_t number = take_live((uint32_t)(place % model.live_count));
        struct block old = model.blocks[number];
        end(number);
        // realloc: most often at the same place.
        uint32_t next = kind < 12 ? reserve(old.region, old.start, random_bytes(&regions[old.region], random)) : 0;
        if (next) make(next);
    }
    pthread_mutex_unlock(&model.mutex);
}

void model_empty(void) {
    pthread_mutex_lock(&model.mutex);
    while (model.live_count) end(take_live(0));
    pthread_mutex_unlock(&model.mutex);
}

void model_hold(void) { pthread_mutex_lock(&model.mutex); }
void model_release(void) { pthread_mutex_unlock(&model.mutex); }

void model_forget_unsettled(void) {
    for (uint32_t number = 1; number <= model.count; number++)
        if (model.blocks[number].state == UNSETTLED) model.blocks[number].forgotten = 1;
}

uint64_t model_live_blocks(void) { return model.live_count; }

static unsigned wrong;

static void complain(const char *when, const char *what, const struct unpacked *sample) {
    if (wrong++ < 5)
        say("say %s: %s: %lx+%lx, number %lu", when, what, (unsigned long)sample->address, (unsigned long)sample->bytes,
            (unsigned long)sample->thread);
}

static unsigned expected_points(size_t bytes) {
    size_t part = silt_core.sample_mean > 64 * KIB ? silt_core.sample_mean : 64 * KIB;
    size_t points = (bytes + part / 2) / part;
    return points < 1 ? 1 : points > 1024 ? 1024 : (unsigned)points;
}

static void check_live(const char *when, const struct unpacked *sample, struct block *block) {
    if (block->forgotten || block->state == UNSETTLED) return;
    if (block->state != LIVE) return complain(when, "was freed", sample);
    if (block->start != sample->address || block->bytes != sample->bytes) complain(when, "has another extent", sample);
    if (++block->seen > 1) complain(when, "is there twice", sample);
}

static void check_left(const char *when, const struct unpacked *sample, struct block *block) {
    if (block->forgotten || block->state == UNSETTLED) return;
    if (block->state != GONE) return complain(when, "left before it was freed", sample);
    const struct region *region = &regions[block->region];
    if (region->large) return complain(when, "left what was unmapped", sample);
    if (sample->address < block->start || sample->address >= block->start + block->bytes)
        return complain(when, "left outside of itself", sample);
    if (block->bytes != sample->bytes || sample->rest != expected_points(block->bytes))
        complain(when, "left something else", sample);
    uint32_t unit = unit_of(region, sample->address);
    uint32_t now = model.owner[block->region][unit], last = model.last[block->region][unit];
    bool forgotten = model.blocks[last].forgotten || (now && model.blocks[now].forgotten);
    bool unsettled = now && model.blocks[now].state == UNSETTLED;
    if (forgotten || unsettled) return;
    if (last != sample->thread) return complain(when, "is covered by a later block that was freed", sample);
    if (now && silt_core.sample_mean == 1) complain(when, "is covered by a later sample", sample);
    block->seen++;
}

/// Whether nobody was anywhere on the block since it was freed.
static bool is_untouched(uint32_t number) {
    const struct block *block = &model.blocks[number];
    const struct region *region = &regions[block->region];
    uint32_t first = unit_of(region, block->start), count = (uint32_t)(block->bytes / region->unit);
    for (uint32_t i = 0; i < count; i++)
        if (model.last[block->region][first + i] != number || model.owner[block->region][first + i]) return false;
    return true;
}

/// With every block a sample: what must be there is there.
static uint64_t missing(const char *when) {
    uint64_t missed = 0;
    for (uint32_t number = 1; number <= model.count; number++) {
        struct block *block = &model.blocks[number];
        const struct unpacked told = {.address = block->start, .bytes = block->bytes, .thread = number};
        if (block->forgotten || block->state == UNSETTLED) continue;
        if (block->state == LIVE && block->seen == 0) missed++;
        if (block->state == GONE && block->seen > expected_points(block->bytes)) complain(when, "left too many", &told);
        if (block->state == GONE && !regions[block->region].large && is_untouched(number))
            missed += block->seen < expected_points(block->bytes) ? expected_points(block->bytes) - block->seen : 0;
    }
    return missed;
}

static void check_equation(const char *when) {
    int64_t bytes = 0, blocks = 0, live = 0;
    for (uint32_t i = 0; i < silt_core.slot_count; i++) {
        bytes += silt_core.slots[i].credited - silt_core.slots[i].countdown;
        blocks += silt_core.slots[i].live_blocks;
    }
    for (uint32_t i = 0; i < model.live_count; i++) live += (int64_t)model.blocks[model.live[i]].bytes;
    if (bytes != live || blocks != (int64_t)model.live_count)
        say("say %s: %ld bytes in %ld blocks, not %ld in %u", when, (long)bytes, (long)blocks, (long)live, model.live_count);
}

void model_check(const char *when, uint64_t may_miss) {
    bool settled = true;
    for (uint32_t number = 1; number <= model.count; number++) {
        model.blocks[number].seen = 0;
        settled &= model.blocks[number].state != UNSETTLED && !model.blocks[number].forgotten;
    }
    uint64_t count = silt_core.header->sections[SILT_SECTION_SAMPLES].count;
    for (uint64_t i = 0; i < count; i++) {
        struct unpacked sample = unpack(&silt_core.samples[i]);
        if (sample.state == SILT_SAMPLE_NONE) continue;
        if (sample.thread == 0 || sample.thread > model.count) {
            complain(when, "nobody's", &sample);
            continue;
        }
        struct block *block = &model.blocks[sample.thread];
        if (sample.state == SILT_SAMPLE_LIVE) check_live(when, &sample, block);
        if (sample.state == SILT_SAMPLE_LEFT) check_left(when, &sample, block);
    }
    uint64_t missed = silt_core.sample_mean == 1 ? missing(when) : 0;
    if (missed > may_miss) say("say %s: %lu missing", when, (unsigned long)missed);
    if (settled) check_equation(when);
    if (wrong > 5) say("say %s: %u wrong", when, wrong);
    wrong = 0;
}
