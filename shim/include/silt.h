/// What a program may tell silt, in C or C++.
///
/// The functions are weak: a program that calls them through these macros links and runs without libsilt.so, and then
/// nothing happens. They allocate nothing, and may be called anywhere but in a signal handler. Tags cost some
/// nanoseconds.
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

/// Has `silt run --record` read the whole process now, and keep it under `name`: a phase that is over, a request, an
/// iteration. Returns when it has been read, 10 s later at most; other threads are held still meanwhile, where the kernel
/// lets them. The text is cut to 63 bytes. The same name may be set again and again.
///
/// Returns 0 where it was read, -1 where nobody records this process.
int silt_mark(const char *name) __attribute__((weak));

#ifdef __cplusplus
}
#endif

#define SILT_TAG_PUSH(tag) (silt_tag_push ? silt_tag_push(tag) : (void)0)
#define SILT_TAG_POP() (silt_tag_pop ? silt_tag_pop() : (void)0)
#define SILT_MARK(name) (silt_mark ? silt_mark(name) : -1)

#endif
