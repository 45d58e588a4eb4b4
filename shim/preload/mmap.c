/// The mmap family: who maps what. Forgotten before the kernel unmaps, noted after it mapped.
#include <stdarg.h>
#include <stdint.h>
#include <sys/mman.h>

#include "../core/core.h"
#include "real.h"

#define CALLER ((uintptr_t)__builtin_return_address(0))

/// The kernel maps and unmaps whole pages (mm/mmap.c: PAGE_ALIGN).
static size_t whole_pages(size_t bytes) {
    const size_t page = 4096;
    return (bytes + page - 1) & ~(page - 1);
}

/// Whether the kernel may do it: what it refuses must not be forgotten (mm/mmap.c: do_vmi_munmap; user addresses end
/// at 2^47 on x86_64, at most at 2^52 on arm64).
static bool can_be_unmapped(const void *address, size_t bytes) {
    const uintptr_t most = (uintptr_t)1 << 52;
    return (uintptr_t)address % 4096 == 0 && bytes != 0 && bytes <= most && (uintptr_t)address <= most - bytes;
}

/// Forgets what is about to be unmapped. Returns how many bytes of the program's mappings that is.
static size_t forget(const void *address, size_t bytes) {
    return can_be_unmapped(address, bytes) ? silt_mapping_remove((uintptr_t)address, whole_pages(bytes)) : 0;
}

static void *map(void *address, size_t bytes, int protection, int flags, int file, off_t offset, uintptr_t caller) {
    silt_real_resolve();
    bool replaces = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) == MAP_FIXED;
    size_t forgotten = replaces ? forget(address, bytes) : 0;
    void *result = silt_real.mmap(address, bytes, protection, flags, file, offset);
    if (result == MAP_FAILED && forgotten && forgotten == whole_pages(bytes))
        silt_mapping_add((uintptr_t)address, forgotten, caller);
    if (result != MAP_FAILED && (flags & MAP_ANONYMOUS) && (flags & MAP_TYPE) == MAP_PRIVATE)
        silt_mapping_add((uintptr_t)result, whole_pages(bytes), caller);
    return result;
}

SILT_EXPORT void *mmap(void *address, size_t bytes, int protection, int flags, int file, off_t offset) {
    return map(address, bytes, protection, flags, file, offset, CALLER);
}

SILT_EXPORT void *mmap64(void *address, size_t bytes, int protection, int flags, int file, off64_t offset) {
    return map(address, bytes, protection, flags, file, offset, CALLER);
}

SILT_EXPORT int munmap(void *address, size_t bytes) {
    silt_real_resolve();
    size_t forgotten = forget(address, bytes);
    int result = silt_real.munmap(address, bytes);
    if (result != 0 && forgotten == whole_pages(bytes)) silt_mapping_add((uintptr_t)address, forgotten, CALLER);
    return result;
}

SILT_EXPORT void *mremap(void *old, size_t old_bytes, size_t new_bytes, int flags, ...) {
    silt_real_resolve();
    va_list arguments;
    va_start(arguments, flags);
    void *wanted = flags & MREMAP_FIXED ? va_arg(arguments, void *) : NULL;
    va_end(arguments);
    size_t forgotten = forget(old, old_bytes);
    if (wanted) forget(wanted, new_bytes);
    void *result = silt_real.mremap(old, old_bytes, new_bytes, flags, wanted);
    if (forgotten == 0) return result;
    if (result == MAP_FAILED || (flags & MREMAP_DONTUNMAP)) silt_mapping_add((uintptr_t)old, forgotten, CALLER);
    if (result != MAP_FAILED) silt_mapping_add((uintptr_t)result, whole_pages(new_bytes), CALLER);
    return result;
}
