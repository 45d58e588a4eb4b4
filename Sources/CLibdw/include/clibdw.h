// What Symbols takes from C: elfutils' libelf and libdw, liblzma, zlib's checksum, and the demanglers.
#ifndef CLIBDW_H
#define CLIBDW_H

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <gelf.h>
#include <lzma.h>
#include <stddef.h>
#include <zlib.h>

// Demangle into `out`, which gets no terminating zero. They return the length of the whole name, or `capacity` + 1
// where it is longer than that and `out` holds its beginning; 0 where `mangled` is not of that language.
size_t clibdw_demangle_cxx(const char *mangled, char *out, size_t capacity);
size_t clibdw_demangle_rust(const char *mangled, char *out, size_t capacity);

// Of the Swift runtime (stdlib/public/runtime/Demangle.cpp): the name, which the caller frees, or NULL.
char *swift_demangle(
    const char *mangled, size_t length, char *buffer, size_t *buffer_bytes, unsigned flags);

#endif
