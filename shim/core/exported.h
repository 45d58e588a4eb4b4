/// What a loaded module exports, read in its own tables: dlsym takes the loader's lock, which another thread may hold
/// while it waits for what this one is in the middle of, and where it fails it allocates.
#ifndef SILT_EXPORTED_H
#define SILT_EXPORTED_H

#include <stdbool.h>
#include <stdint.h>

struct silt_exported {
    uintptr_t bias;
    uintptr_t symbols; ///< DT_SYMTAB
    uintptr_t names;   ///< DT_STRTAB
    uintptr_t names_bytes;
    uintptr_t hashes; ///< DT_GNU_HASH
};

/// `dynamic` and `bias` are a struct link_map's l_ld and l_addr. The module stays loaded: its code is on the caller's
/// stack. False: it has no such tables.
bool silt_exported_open(struct silt_exported *exported, const void *dynamic, uintptr_t bias);
/// The address of a symbol that the module itself defines; NULL where it has none of that name.
const void *silt_exported_find(const struct silt_exported *exported, const char *name);

#endif
