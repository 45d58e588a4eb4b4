/// A hash of bytes, for the core's tables.
#ifndef SILT_HASH_H
#define SILT_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/// FNV-1a (G. Fowler, L. Noll, K.-P. Vo), a word at a time and folded.
static inline uint64_t silt_hash(uint64_t seed, const void *bytes, size_t count) {
    const uint8_t *at = bytes;
    uint64_t value = (seed ^ count) * UINT64_C(0x9e3779b97f4a7c15);
    while (count > 0) {
        uint64_t word = 0;
        size_t part = count < sizeof word ? count : sizeof word;
        memcpy(&word, at, part);
        at += part;
        count -= part;
        value = (value ^ word) * UINT64_C(0x100000001b3);
        value ^= value >> 29;
    }
    return value;
}

#endif
