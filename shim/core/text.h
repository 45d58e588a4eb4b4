/// Text built into a fixed buffer: no allocation, no locale, no stdio. Too long is cut, and still ends in NUL.
#ifndef SILT_TEXT_H
#define SILT_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct silt_text {
    char *start;
    size_t capacity;
    size_t length;
};

static inline struct silt_text silt_text(char *buffer, size_t capacity) {
    buffer[0] = 0;
    return (struct silt_text){buffer, capacity, 0};
}

static inline void silt_text_add(struct silt_text *text, const char *more) {
    while (*more && text->length + 1 < text->capacity) text->start[text->length++] = *more++;
    text->start[text->length] = 0;
}

static inline void silt_text_add_number(struct silt_text *text, uint64_t value, unsigned base) {
    char digits[65];
    char *digit = digits + sizeof digits - 1;
    *digit = 0;
    do {
        *--digit = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    silt_text_add(text, digit);
}

#endif
