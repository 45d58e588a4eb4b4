/// Tags: what the program says a thread is working for.
#include <errno.h>
#include <string.h>

#include "index.h"
#include "stacks.h"
#include "state.h"

static struct {
    struct silt_lock lock;
    uint32_t heads[256]; ///< 1 + index, by hash
    uint32_t next[SILT_MAX_TAGS];
    char texts[SILT_MAX_TAGS][sizeof(struct silt_tag)];
} table;

/// FNV-1a: G. Fowler, L. Noll, K.-P. Vo.
static uint32_t hash_of(const char *text) {
    uint32_t hash = 2166136261u;
    for (; *text; text++) hash = (hash ^ (uint8_t)*text) * 16777619u;
    return hash;
}

static uint32_t find(const char *text, uint32_t hash) {
    uint32_t link = __atomic_load_n(&table.heads[hash % 256], __ATOMIC_ACQUIRE);
    while (link && strcmp(table.texts[link - 1], text) != 0) link = table.next[link - 1];
    return link;
}

/// Under the lock.
static uint32_t add(const char *text, uint32_t hash) {
    uint32_t link = silt_core.tag_count + 1;
    if (link > silt_core.tag_capacity || !silt_segment_reserve(SILT_SECTION_TAGS, link)) return 0;
    strcpy(table.texts[link - 1], text);
    strcpy(silt_core.tags[link - 1].text, text);
    silt_segment_publish_count(SILT_SECTION_TAGS, link);
    silt_core.tag_count = link;
    table.next[link - 1] = table.heads[hash % 256];
    __atomic_store_n(&table.heads[hash % 256], link, __ATOMIC_RELEASE);
    return link;
}

/// 1 + index; 0: there is no room for another tag.
static uint32_t intern(const char *tag) {
    char text[sizeof(struct silt_tag)] = {0};
    memcpy(text, tag, strnlen(tag, sizeof text - 1));
    uint32_t hash = hash_of(text);
    uint32_t link = find(text, hash);
    if (link || !silt_lock(&table.lock)) return link;
    link = find(text, hash);
    if (!link) link = add(text, hash);
    silt_unlock(&table.lock);
    return link;
}

void silt_core_tag_push(const char *tag) {
    int saved = errno;
    struct silt_thread *thread = silt_core_enter() ? silt_slot_current() : NULL;
    if (thread) {
        uint32_t depth = thread->tag_depth;
        if (depth < SILT_TAG_DEPTH) thread->tags[depth] = silt_core.sample_mean ? intern(tag) : 0;
        thread->tag_depth = depth + 1;
    }
    errno = saved;
}

void silt_core_tag_pop(void) {
    int saved = errno;
    struct silt_thread *thread = silt_core_enter() ? silt_slot_current() : NULL;
    if (thread && thread->tag_depth > 0) thread->tag_depth--;
    errno = saved;
}

void silt_tags_adopt(void) { table.lock = (struct silt_lock){0}; }
