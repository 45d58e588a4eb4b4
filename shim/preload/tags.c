/// The tags of include/silt.h.
#include "../core/core.h"
#include "../include/silt.h"
#include "real.h"

SILT_EXPORT void silt_tag_push(const char *tag) {
    silt_real_resolve();
    if (tag) silt_core_tag_push(tag);
}

SILT_EXPORT void silt_tag_pop(void) {
    silt_real_resolve();
    silt_core_tag_pop();
}
