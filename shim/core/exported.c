#include "exported.h"

#include <elf.h>
#include <link.h>
#include <string.h>

/// Entries of a chain that are looked at: a table made by a linker has a few.
#define LONGEST_CHAIN 4096u

bool silt_exported_open(struct silt_exported *exported, const void *dynamic, uintptr_t bias) {
    *exported = (struct silt_exported){.bias = bias};
    if (!dynamic) return false;
    for (const ElfW(Dyn) *entry = dynamic; entry->d_tag != DT_NULL; entry++) {
        // The loader has made addresses of these, where it may write there (elf/get-dynamic-info.h, ADJUST_DYN_INFO).
        uintptr_t address = entry->d_un.d_ptr < bias ? entry->d_un.d_ptr + bias : entry->d_un.d_ptr;
        if (entry->d_tag == DT_SYMTAB) exported->symbols = address;
        if (entry->d_tag == DT_STRTAB) exported->names = address;
        if (entry->d_tag == DT_STRSZ) exported->names_bytes = entry->d_un.d_val;
        if (entry->d_tag == DT_GNU_HASH) exported->hashes = address;
    }
    return exported->symbols && exported->names && exported->hashes;
}

/// The hash of the table's names (D. J. Bernstein's, as binutils' bfd/elflink.c has it: bfd_elf_gnu_hash).
static uint32_t hash_of(const char *name) {
    uint32_t hash = 5381;
    for (; *name; name++) hash = hash * 33 + (uint8_t)*name;
    return hash;
}

static bool is_named(const struct silt_exported *exported, const ElfW(Sym) *symbol, const char *name) {
    size_t bytes = strlen(name) + 1;
    return symbol->st_name < exported->names_bytes && bytes <= exported->names_bytes - symbol->st_name &&
           memcmp((const char *)exported->names + symbol->st_name, name, bytes) == 0;
}

/// The table: four words, a Bloom filter, the buckets, and a hash for each symbol from the first that is in it on,
/// whose lowest bit ends a chain (glibc's elf/dl-lookup.c: do_lookup_x, and elf/dl-setup_hash.c).
const void *silt_exported_find(const struct silt_exported *exported, const char *name) {
    const uint32_t *table = (const uint32_t *)exported->hashes;
    uint32_t buckets = table[0], first = table[1], words = table[2], shift = table[3];
    const ElfW(Addr) *filter = (const ElfW(Addr) *)(const void *)(table + 4);
    const uint32_t *bucket = (const uint32_t *)(const void *)(filter + words);
    const uint32_t *chain = bucket + buckets;
    const uint32_t bits = 8 * sizeof *filter;
    uint32_t hash = hash_of(name);
    if (buckets == 0 || words == 0) return NULL;
    ElfW(Addr) word = filter[hash / bits % words];
    if (!(word >> hash % bits & word >> (hash >> shift) % bits & 1)) return NULL;
    uint32_t index = bucket[hash % buckets];
    for (uint32_t steps = 0; index >= first && index != 0 && steps < LONGEST_CHAIN; index++, steps++) {
        const ElfW(Sym) *symbol = (const ElfW(Sym) *)exported->symbols + index;
        uint32_t other = chain[index - first];
        if ((other | 1) == (hash | 1) && symbol->st_shndx != SHN_UNDEF && is_named(exported, symbol, name))
            return (const void *)(exported->bias + symbol->st_value);
        if (other & 1) break;
    }
    return NULL;
}
