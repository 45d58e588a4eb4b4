/// The table of stacks: every different one once.
#ifndef SILT_STACKS_H
#define SILT_STACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct silt_thread;
struct silt_slot;
struct silt_mapped;

void silt_stacks_start(void);
/// The stack that leads here: 1 + its index. 0: none can be taken, or there is no room.
uint32_t silt_stack_take(struct silt_thread *thread, const uint64_t *frame);
/// In a forked child: copies the tables, which only grow, out of the parent's segment.
void silt_stacks_adopt(const struct silt_mapped *parents);

// store.c
/// Keeps bytes in SILT_SECTION_TEXT. Returns their offset there; -1: no room.
int64_t silt_text_store(const void *bytes, size_t count);

// modules.c
/// The module that holds an address of code: 1 + its index; 0: none, or no room.
uint32_t silt_module_of(uintptr_t address);
void silt_modules_adopt(void);

// tags.c
void silt_tags_adopt(void);

// sampling.c
void silt_sampling_seed(uint64_t seed);
/// Draws the distance to the next sample of a slot.
void silt_sampling_restart(struct silt_slot *totals);

#endif
