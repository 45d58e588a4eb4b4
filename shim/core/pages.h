/// Private memory of the core's, straight from the kernel: the library interposes mmap, and its own mappings stay out
/// of the books.
#ifndef SILT_PAGES_H
#define SILT_PAGES_H

#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Zeros; NULL where there are none to be had.
static inline void *silt_pages_map(size_t bytes) {
    // The offset is a long: of an int, syscall(2) would take the upper half from whatever lies on the stack.
    void *memory = (void *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);
    return memory == MAP_FAILED ? NULL : memory;
}

static inline void silt_pages_unmap(void *memory, size_t bytes) { syscall(SYS_munmap, memory, bytes); }

#endif
