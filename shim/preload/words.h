/// Where the words lie that tell a stack (../core/memo.h): found by stepping through it with libunwind, once for each
/// stack.
#ifndef SILT_WORDS_H
#define SILT_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/// Looks up what stepping needs in libunwind, opened as `library`, and announces it to the core; where something is
/// missing, or on other processors than x86_64, nothing is remembered. `is_own_code` tells this library's addresses;
/// the main thread's stack ends at `main_end`, 0: not known.
void silt_words_open(void *library, bool (*is_own_code)(const void *), uintptr_t main_end);

#endif
