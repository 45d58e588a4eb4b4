/// Which malloc the program calls.
#ifndef SILT_ALLOCATOR_H
#define SILT_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>

/// Whether a function is libc's own: then its blocks have glibc's headers.
bool silt_allocator_is_libcs(void *(*allocate)(size_t));
/// Looks whether the program's malloc is this library's; the report says so where it is not. Once, in the constructor.
void silt_allocator_check(void);
/// What was found.
bool silt_allocator_is_reached(void);

#endif
