/// What a program may tell silt, in C or C++.
///
/// The functions are weak: a program that calls them through these macros links and runs without libsilt.so, and then
/// nothing happens. They cost some nanoseconds, allocate nothing, and may be called anywhere but in a signal handler.
#ifndef SILT_H
#define SILT_H

#ifdef __cplusplus
extern "C" {
#endif

/// Allocations of this thread belong to `tag` from here on, until the matching pop: a task, a request, a job. Tags nest
/// up to 14 deep; deeper ones are counted and change nothing. The text is copied, cut to 63 bytes; up to 4,096
/// different ones are kept.
void silt_tag_push(const char *tag) __attribute__((weak));
/// Ends the last tag that this thread pushed.
void silt_tag_pop(void) __attribute__((weak));

#ifdef __cplusplus
}
#endif

#define SILT_TAG_PUSH(tag) (silt_tag_push ? silt_tag_push(tag) : (void)0)
#define SILT_TAG_POP() (silt_tag_pop ? silt_tag_pop() : (void)0)

#endif
