// libiberty's demanglers, with an end to what they write.
//
// A name of a few hundred bytes can stand for one of 2^100: each substitution may name the one before it twice. So the
// text is taken by callback, and once there is enough of it the callback leaves by longjmp. The demanglers hold
// nothing then but their stack (libiberty/cp-demangle.c, d_demangle_callback: alloca; rust-demangle.c holds a buffer
// only while it prints one punycode identifier).
#include "clibdw.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <string.h>

struct text {
    char *out;
    size_t capacity, length;
    jmp_buf full;
};

static void append(const char *piece, size_t length, void *opaque)
{
    struct text *text = opaque;
    size_t room = text->capacity - text->length;
    memcpy(text->out + text->length, piece, length < room ? length : room);
    if (length > room)
        longjmp(text->full, 1);
    text->length += length;
}

typedef int demangler(const char *, int, demangle_callbackref, void *);

static size_t demangle(demangler *demangler, const char *mangled, char *out, size_t capacity)
{
    struct text text = {.out = out, .capacity = capacity};
    if (setjmp(text.full))
        return capacity + 1;
    if (!demangler(mangled, DMGL_PARAMS | DMGL_ANSI, append, &text))
        return 0;
    return text.length;
}

size_t clibdw_demangle_cxx(const char *mangled, char *out, size_t capacity)
{
    return demangle(cplus_demangle_v3_callback, mangled, out, capacity);
}

size_t clibdw_demangle_rust(const char *mangled, char *out, size_t capacity)
{
    return demangle(rust_demangle_callback, mangled, out, capacity);
}
