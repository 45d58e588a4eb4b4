/// silt_mark of include/silt.h.
#include "../core/core.h"
#include "../include/silt.h"
#include "real.h"

SILT_EXPORT int silt_mark(const char *name) {
    silt_real_resolve();
    return silt_core_mark(name);
}
