/// Which granules a sample is known on, for the fast path of free: book.h asks it, samples.c keeps it.
#ifndef SILT_WATCH_H
#define SILT_WATCH_H

#include <stdint.h>

#include "book.h"

/// One more sample on a granule.
void silt_watch(uint64_t granule);
/// One less.
void silt_unwatch(uint64_t granule);
/// The first granule from `granule` on that is watched, `end` where none is.
uint64_t silt_next_watched(uint64_t granule, uint64_t end);
/// No sample on any granule.
void silt_watch_nothing(void);

#endif
