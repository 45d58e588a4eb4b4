/// Finding the real functions, at the process's first allocation.
#include "real.h"

#include <dlfcn.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "allocator.h"
#include "settings.h"
#include "unwind.h"

// glibc's own entry points, exported since 2.2.5 (malloc/Versions), or what stands for them (gperftools defines them
// too). They serve the allocations of dlsym itself while the look-ups run (glibc before 2.34: dlerror's buffer;
// jemalloc#443 shows the recursion).
extern void *__libc_malloc(size_t) __attribute__((weak));
extern void __libc_free(void *) __attribute__((weak));
extern void *__libc_calloc(size_t, size_t) __attribute__((weak));
extern void *__libc_realloc(void *, size_t) __attribute__((weak));

static void *first_malloc(size_t bytes);
static void first_free(void *block);
static void *first_calloc(size_t count, size_t bytes);
static void *first_realloc(void *block, size_t bytes);
static long first_syscall(long number, long a, long b, long c, long d, long e, long f);

struct silt_real silt_real = {
    .malloc = first_malloc,
    .free = first_free,
    .calloc = first_calloc,
    .realloc = first_realloc,
    .syscall = first_syscall};
bool silt_real_is_glibc;

/// 0 not begun, 1 running, 2 done. The first allocation of a process comes while it has one thread.
static int progress;

/// C23's functions came into glibc after 2.41 (NEWS). A look-up that fails allocates its message from the heap that is
/// to be measured, and leaves it for the program's next dlerror: so it is not even tried where it is known to fail.
static bool glibc_lacks_sized_free(void) {
    const char *version = gnu_get_libc_version();
    return strncmp(version, "2.", 2) == 0 && strtoul(version + 2, NULL, 10) <= 41;
}

static void look_up_sized_free(void) {
    silt_real.free_sized = (void (*)(void *, size_t))dlsym(RTLD_NEXT, "free_sized");
    silt_real.free_aligned_sized = (void (*)(void *, size_t, size_t))dlsym(RTLD_NEXT, "free_aligned_sized");
    // Returns the message, then frees it (dlfcn/dlerror.c).
    if (!silt_real.free_sized || !silt_real.free_aligned_sized) (void)(dlerror(), dlerror());
}

void silt_real_resolve(void) {
    if (progress != 0) return;
    progress = 1;
    int saved = errno; // a program may look at it without a failure before: it begins as 0
    struct silt_real found = {0};
    // The allocator first: a look-up that fails allocates its error message.
#define SILT_LOOK_UP(result, name, parameters) found.name = (result(*) parameters)dlsym(RTLD_NEXT, #name);
    SILT_REAL_FUNCTIONS(SILT_LOOK_UP)
#undef SILT_LOOK_UP
    found._exit = (__typeof__(found._exit))dlsym(RTLD_NEXT, "_exit");
    silt_real = found;
    silt_real_is_glibc = silt_allocator_is_libcs(found.malloc);
    if (!silt_real_is_glibc || !glibc_lacks_sized_free()) look_up_sized_free();
    struct silt_config config;
    // A program that runs with more rights than its caller takes no directions from the caller's environment.
    if (!getauxval(AT_SECURE)) {
        silt_settings_read(&config, silt_real_is_glibc);
        silt_core_start(&config);
    }
    errno = saved;
    progress = 2;
}

static void *first_malloc(size_t bytes) {
    if (progress == 1) return __libc_malloc(bytes);
    silt_real_resolve();
    return silt_real.malloc(bytes);
}

static void first_free(void *block) {
    if (progress == 1) return __libc_free(block);
    silt_real_resolve();
    silt_real.free(block);
}

static void *first_calloc(size_t count, size_t bytes) {
    if (progress == 1) return __libc_calloc(count, bytes);
    silt_real_resolve();
    return silt_real.calloc(count, bytes);
}

static void *first_realloc(void *block, size_t bytes) {
    if (progress == 1) return __libc_realloc(block, bytes);
    silt_real_resolve();
    return silt_real.realloc(block, bytes);
}

static long first_syscall(long number, long a, long b, long c, long d, long e, long f) {
    silt_real_resolve();
    return silt_real.syscall(number, a, b, c, d, e, f);
}

/// A program that allocates nothing before main is measured too.
__attribute__((constructor)) static void start(void) {
    silt_real_resolve();
    silt_allocator_check();
    silt_unwind_open();
}
