/// The modules whose code was seen on a stack, as they were mapped then: names stay known when one is unloaded.
///
/// _dl_find_object (glibc 2.35, elf/dl-find_object.c) takes no lock and may be called in any state of the loader, which
/// is what an allocation can come from.
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <string.h>

#include "hash.h"
#include "python.h"
#include "stacks.h"
#include "state.h"

#define MOST_MODULES SILT_MAX_MODULES
#define PATH_AT_MOST 4096u
/// Modules of the start; further ones cost a look-up where they are on a stack.
#define MOST_LASTING 64u

struct module {
    uintptr_t start, end, bias;
    uint64_t path; ///< a hash: the loader reuses its own struct link_map for the next module
};

static struct {
    struct silt_lock lock;
    struct module modules[MOST_MODULES];
    uint16_t by_start[1024]; ///< 1 + index of a module that begins at such an address, the newest
    struct {
        uintptr_t start, end;
    } lasting[MOST_LASTING];
    uint32_t lasting_count;
} table;

// glibc before 2.35 has no such function: then modules are found through /proc/PID/maps alone.
extern int _dl_find_object(void *, struct dl_find_object *) __attribute__((weak));

static uint16_t *hint_for(uintptr_t start) { return &table.by_start[(start >> 12) % 1024]; }

static bool is_same(const struct module *one, const struct module *two) {
    return one->start == two->start && one->end == two->end && one->bias == two->bias && one->path == two->path;
}

/// The newest entry of a module; 0 when it was never seen.
static uint32_t find(const struct module *module) {
    uint32_t hint = __atomic_load_n(hint_for(module->start), __ATOMIC_ACQUIRE);
    if (hint && is_same(&table.modules[hint - 1], module)) return hint;
    for (uint32_t link = __atomic_load_n(&silt_core.module_count, __ATOMIC_ACQUIRE); link; link--)
        if (is_same(&table.modules[link - 1], module)) return link;
    return 0;
}

/// Reads the build-id out of the module's own headers, which its first segment maps (the linker's .note.gnu.build-id).
static void read_build_id(const struct module *module, struct silt_module *entry) {
    const ElfW(Ehdr) *header = (const void *)module->start;
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_phentsize != sizeof(ElfW(Phdr))) return;
    if (header->e_phoff > 4096 - sizeof *header || header->e_phnum > 32) return;
    const ElfW(Phdr) *segments = (const void *)(module->start + header->e_phoff);
    uintptr_t readable = 0;
    for (unsigned i = 0; i < header->e_phnum; i++)
        if (segments[i].p_type == PT_LOAD && segments[i].p_offset == 0 && (segments[i].p_flags & PF_R))
            readable = module->bias + segments[i].p_vaddr + segments[i].p_filesz;
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (segments[i].p_type != PT_NOTE) continue;
        uintptr_t at = module->bias + segments[i].p_vaddr, end = at + segments[i].p_filesz;
        while (at >= module->start && end <= readable && at + sizeof(ElfW(Nhdr)) <= end) {
            const ElfW(Nhdr) *note = (const void *)at;
            const char *name = (const char *)(note + 1);
            const uint8_t *content = (const uint8_t *)name + ((note->n_namesz + 3) & ~(size_t)3);
            uintptr_t next = (uintptr_t)content + ((note->n_descsz + 3) & ~(size_t)3);
            if (next > end || next <= at) break;
            if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && memcmp(name, "GNU", 4) == 0 &&
                note->n_descsz <= sizeof entry->build_id) {
                memcpy(entry->build_id, content, note->n_descsz);
                entry->build_id_bytes = note->n_descsz;
                return;
            }
            at = next;
        }
    }
}

/// Under the lock.
static uint32_t add(const struct module *module, const char *path, size_t length) {
    uint32_t link = silt_core.module_count + 1;
    if (link > silt_core.module_capacity || !silt_segment_reserve(SILT_SECTION_MODULES, link)) return 0;
    int64_t text = silt_text_store(path, length);
    struct silt_module *entry = &silt_core.modules[link - 1];
    *entry = (struct silt_module){.start = module->start, .end = module->end, .bias = module->bias};
    if (text >= 0) {
        entry->path = (uint32_t)text;
        entry->path_bytes = (uint32_t)length;
    }
    read_build_id(module, entry);
    silt_segment_publish_count(SILT_SECTION_MODULES, link);
    table.modules[link - 1] = *module;
    __atomic_store_n(&silt_core.module_count, link, __ATOMIC_RELEASE);
    __atomic_store_n(hint_for(module->start), (uint16_t)link, __ATOMIC_RELEASE);
    return link;
}

uint32_t silt_module_of(uintptr_t address) {
    struct dl_find_object found;
    if (!_dl_find_object || _dl_find_object((void *)address, &found) != 0) return 0;
    // The main program's name is empty: the reader knows it from /proc.
    const char *path = found.dlfo_link_map->l_name ? found.dlfo_link_map->l_name : "";
    size_t length = strnlen(path, PATH_AT_MOST);
    struct module module = {.start = (uintptr_t)found.dlfo_map_start, .end = (uintptr_t)found.dlfo_map_end,
                            .bias = found.dlfo_link_map->l_addr, .path = silt_hash(0, path, length)};
    uint32_t link = find(&module);
    if (link || !silt_lock(&table.lock)) return link;
    link = find(&module);
    bool is_new = !link;
    if (is_new) link = add(&module, path, length);
    silt_unlock(&table.lock);
    // Once a module, and outside of the lock: an interpreter may have come with it.
    if (is_new && link) silt_python_loaded(found.dlfo_link_map->l_ld, module.bias);
    return link;
}

static int note_lasting(struct dl_phdr_info *info, size_t bytes, void *unused) {
    (void)bytes, (void)unused;
    if (table.lasting_count == MOST_LASTING) return 1;
    uintptr_t start = UINTPTR_MAX, end = 0;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD) continue;
        uintptr_t low = info->dlpi_addr + segment->p_vaddr;
        if (low < start) start = low;
        if (low + segment->p_memsz > end) end = low + segment->p_memsz;
    }
    table.lasting[table.lasting_count].start = start;
    table.lasting[table.lasting_count++].end = end;
    return 0;
}

void silt_modules_start(void) { dl_iterate_phdr(note_lasting, NULL); }

bool silt_module_lasts(uintptr_t address) {
    for (uint32_t i = 0; i < table.lasting_count; i++)
        if (address >= table.lasting[i].start && address < table.lasting[i].end) return true;
    return false;
}

void silt_modules_adopt(void) { table.lock = (struct silt_lock){0}; }
