/// Small programs that leak or do not: one behaviour each, chosen by name. Built twice, with LeakSanitizer and without.
#ifndef LEAKS_H
#define LEAKS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void leak_program(void);

/// What is looked for by name on stacks: not to be inlined, and not to jump to what it calls.
#define SITE __attribute__((noinline, noclone))

/// Keeps the compiler from knowing what becomes of a pointer.
static inline void *opaque(void *pointer) {
    __asm__ volatile("" : "+r"(pointer) : : "memory");
    return pointer;
}

/// Overwrites what calls before have left on the stack, and the registers that a call may change.
SITE void scrub(void);

/// Where a program is looked at that does not end first: LeakSanitizer looks here and now, silt is told and waited for.
SITE void look_now(void);

extern leak_program *find_cplusplus(const char *name);

#ifdef __cplusplus
}
#endif
#endif
