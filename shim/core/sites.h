/// The tallies: what was born and what died of each stack, and how much of it was live over time.
#ifndef SILT_SITES_H
#define SILT_SITES_H

#include <stddef.h>
#include <stdint.h>

struct silt_mapped;

void silt_sites_start(void);
/// In a forked child: goes on from the parent's tallies; its threads it counts anew.
void silt_sites_adopt(const struct silt_mapped *parents);

/// A sampled block of `bytes` is live from now on. `stack` is 1 + index; 0, none, is not counted. `now_ns` is of
/// CLOCK_MONOTONIC_COARSE, here and below.
void silt_site_born(uint32_t stack, size_t bytes, uint64_t now_ns);
/// It is no longer live; `bytes` as it was born with.
void silt_site_died(uint32_t stack, size_t bytes, uint64_t now_ns);

/// The same of mappings.
void silt_site_mapped(uint32_t stack, size_t bytes);
void silt_site_unmapped(uint32_t stack, size_t bytes);

/// The same of threads that allocate.
void silt_site_thread_began(void);
void silt_site_thread_ended(void);

#endif
