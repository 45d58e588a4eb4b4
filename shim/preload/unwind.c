/// Stacks, by libunwind.
///
/// Linked, its _Unwind_* would come before libgcc's for every C++ module that the program loads later (memray#863,
/// bytehound#17): so it is opened by itself, and nobody else sees its symbols.
///
/// libunwind tells readable memory by writing a byte of it into a pipe of its own (src/x86_64/Ginit.c: write_validate).
/// In a program that closes all descriptors and opens its own under the same numbers, it wrote into the program's file
/// (tried, 1.6.2). All its reads of doubtful memory go through one function of its address space, `access_mem`
/// (include/libunwind-common.h, unw_accessors_t): ours takes its place, and the pipe is closed.
#include "unwind.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../core/arch.h"
#include "../core/memo.h"
#include "../core/python.h"
#include "../core/state.h"
#include "allocator.h"
#include "real.h"
#include "words.h"

// Declared here and not taken from libunwind.h: only shapes are needed, and nothing may be linked.
// include/libunwind-common.h.in: struct unw_accessors, its first four members.
struct accessors {
    void *find_proc_info, *put_unwind_info, *get_dyn_info_list_addr;
    int (*access_mem)(void *space, uintptr_t address, uintptr_t *value, int write, void *argument);
};

// include/libunwind-common.h.in: UNW_OBJ and UNW_ARCH_OBJ, as the library for the own process names them.
#if defined(__x86_64__)
#define LOCAL_SPACE "_ULx86_64_local_addr_space"
#define GET_ACCESSORS "_Ux86_64_get_accessors"
#define SET_CACHING "_ULx86_64_set_caching_policy"
#elif defined(__aarch64__)
#define LOCAL_SPACE "_ULaarch64_local_addr_space"
#define GET_ACCESSORS "_Uaarch64_get_accessors"
#define SET_CACHING "_ULaarch64_set_caching_policy"
#endif

/// Frames of this library before the caller's: this function, silt_stack_take, silt_sample_new, malloc and the like.
#define OWN_FRAMES_AT_MOST 8

static int (*unw_backtrace)(void **, int);
/// Modules were unloaded.
static uint32_t code_changed;

// _Unwind_Backtrace and _Unwind_GetIP as of the C++ ABI, which libunwind has too (src/unwind/Backtrace.c): step by
// step.
static int (*step_through)(int (*visit)(void *context, void *into), void *into);
static uintptr_t (*address_of)(void *context);

// The linker's names for the ends of this library.
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char etext[] __attribute__((visibility("hidden")));

static bool is_own(const void *address) { return (const char *)address >= __ehdr_start && (const char *)address < etext; }

struct visited {
    void **frames;
    int count, most;
};

/// Anything but 0 (_URC_NO_REASON) ends it.
static int visit(void *context, void *into) {
    struct visited *visited = into;
    uintptr_t address = address_of(context);
    if (address) visited->frames[visited->count++] = (void *)address;
    return visited->count == visited->most;
}

/// What unw_backtrace remembers of an address (src/x86_64/Gtrace.c: a table a thread, which nothing empties) is of the
/// code that lay there first.
static bool may_be_outdated(void *const *frames, int count) {
    if (SILT_LIKELY(!__atomic_load_n(&code_changed, __ATOMIC_ACQUIRE))) return false;
    for (int i = 0; i < count; i++)
        if (!silt_module_lasts((uintptr_t)frames[i])) return true;
    return false;
}

/// unw_backtrace's table is 256 KiB of memory for each thread that calls it, until the thread ends
/// (src/x86_64/Gtrace.c: trace_cache_create): so many threads get one, and the others' stacks are taken step by step.
#define TABLES_AT_MOST 64u

static unsigned take(struct silt_thread *thread, void **frames, unsigned most) {
    void *all[SILT_FRAMES_AT_MOST + OWN_FRAMES_AT_MOST];
    bool traces = silt_thread_counts(thread, TABLES_AT_MOST);
    int count = traces ? unw_backtrace(all, (int)(most + OWN_FRAMES_AT_MOST)) : 0;
    if (SILT_UNLIKELY(!traces || may_be_outdated(all, count))) {
        struct visited visited = {.frames = all, .most = (int)(most + OWN_FRAMES_AT_MOST)};
        (void)step_through(visit, &visited);
        count = visited.count;
    }
    int first = 0;
    while (first < count && is_own(all[first])) first++;
    unsigned taken = 0;
    for (int i = first; i < count && taken < most; i++) frames[taken++] = all[i];
    return taken;
}

/// Where the main thread's stack ends (glibc: __libc_stack_end, elf/rtld.c); 0: not known.
static uintptr_t main_end;
/// The kernel leaves at least 128 MiB between the main thread's stack and whatever is mapped below it
/// (arch/x86/mm/mmap.c: SIZE_128M): who is less than half of that away from its end is on it.
#define MAIN_STACK_REACH ((uintptr_t)64 << 20)

/// Whether a word is there for certain: on the page of this thread's innermost frame, or between that and the end of the
/// main thread's stack.
static bool is_certain(uintptr_t address) {
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    const uintptr_t page = 4096, last = sizeof(uintptr_t);
    if (address / page == here / page) return address % page <= page - last;
    return address > here && address < main_end - last && main_end - here < MAIN_STACK_REACH;
}

/// Reads a word where it may not be readable: the kernel looks, and cannot fault. Writes go to libunwind's own copy of
/// the registers (src/x86_64/Gtrace.c: trace_init_addr).
static int access_word(void *space, uintptr_t address, uintptr_t *value, int write, void *argument) {
    (void)space, (void)argument;
    if (write) {
        *(uintptr_t *)address = *value;
        return 0;
    }
    if (is_certain(address)) {
        *value = *(const uintptr_t *)address;
        return 0;
    }
    struct iovec into = {value, sizeof *value}, from = {(void *)address, sizeof *value};
    return process_vm_readv((pid_t)silt_core.pid, &into, 1, &from, 1, 0) == (ssize_t)sizeof *value ? 0 : -1;
}

/// Where libunwind's thread-local memory is, as the loader's code finds it (glibc's sysdeps/x86_64/dl-tls.h:
/// tls_index).
static struct {
    size_t module, offset;
} thread_local_memory;
static void *(*tls_get_addr)(void *);

/// The loader allocates a thread's part of that memory when it is first used, and through malloc: 32 bytes, which
/// malloc.c gives back to the heap at once. In the middle of a burst even their place in a thread cache would keep the
/// end of the arena from being merged; at a thread's first allocation they lie at its beginning.
static void prepare_thread(void) {
    struct silt_thread *self = silt_core_observe();
    (void)tls_get_addr(&thread_local_memory);
    silt_core_observed(self);
}

static void find_thread_local_memory(void *library) {
    tls_get_addr = (void *(*)(void *))dlsym(RTLD_DEFAULT, "__tls_get_addr");
    bool found = dlinfo(library, RTLD_DI_TLS_MODID, &thread_local_memory.module) == 0 && thread_local_memory.module;
    if (tls_get_addr && found) silt_core_set_thread_preparation(prepare_thread);
}

/// The numbers that the next pipe gets.
static bool next_pipe(int ends[2]) {
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    close(ends[0]);
    close(ends[1]);
    return true;
}

static void close_pipe(const int ends[2]) {
    struct stat in, out;
    if (fstat(ends[0], &in) != 0 || fstat(ends[1], &out) != 0) return;
    if (!S_ISFIFO(in.st_mode) || in.st_ino != out.st_ino || in.st_dev != out.st_dev) return;
    close(ends[0]);
    close(ends[1]);
}

/// False: it is not there, or not as it is known.
static bool open_library(void) {
    void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        (void)dlerror(); // frees the message
        return false;
    }
    unw_backtrace = (int (*)(void **, int))dlsym(library, "unw_backtrace");
    void **space = dlsym(library, LOCAL_SPACE);
    struct accessors *(*get_accessors)(void *) =
        (struct accessors * (*)(void *)) dlsym(library, GET_ACCESSORS);
    int (*set_caching)(void *, int) = (int (*)(void *, int))dlsym(library, SET_CACHING);
    step_through = (int (*)(int (*)(void *, void *), void *))dlsym(library, "_Unwind_Backtrace");
    address_of = (uintptr_t (*)(void *))dlsym(library, "_Unwind_GetIP");
    if (!unw_backtrace || !space || !get_accessors || !step_through || !address_of) return false;
    int ends[2];
    bool known = next_pipe(ends);
    struct accessors *accessors = get_accessors(*space); // makes libunwind ready, which opens the pipe
    if (known) close_pipe(ends);
    accessors->access_mem = access_word;
    find_thread_local_memory(library);
    // The cache of register states (src/dwarf/Gparser.c: get_rs_cache) has one mutex for all threads, and is outdated
    // by every module that is unloaded. UNW_CACHE_NONE; unw_backtrace's table a thread stays.
    if (set_caching) set_caching(*space, 0);
    void *const *end = dlsym(RTLD_DEFAULT, "__libc_stack_end");
    main_end = end ? (uintptr_t)*end : 0;
    silt_words_open(library, is_own, main_end);
    return true;
}

void silt_unwind_open(void) {
    if (silt_core.sample_mean == 0 || !silt_core_is_on() || silt_core_is_confined()) return;
    // Another allocator, also one that is part of the program, calls mmap while it holds its own locks, and a stack of
    // that mapping would call it again (jemalloc: redis stood still for ever).
    if (!silt_real_is_glibc || !silt_allocator_is_reached()) return silt_core_set_unwinder(NULL, SILT_UNWINDER_UNSAFE);
    struct silt_thread *self = silt_core_observe();
    bool opened = open_library();
    void *frames[4];
    if (opened && self->index) (void)take(self, frames, 4); // its tables, before the program's first sample
    silt_core_observed(self);
    silt_modules_start();
    silt_core_set_unwinder(opened ? take : NULL, opened ? SILT_UNWINDER_LIBUNWIND : SILT_UNWINDER_MISSING);
    silt_python_start();
}

/// The loader counts the modules that it removed (glibc's elf/dl-iteratephdr.c; dlpi_subs).
static int read_removals(struct dl_phdr_info *info, size_t bytes, void *removals) {
    (void)bytes;
    *(unsigned long long *)removals = info->dlpi_subs;
    return 1;
}

/// From the first module that is unloaded on, what unw_backtrace remembers may be outdated.
SILT_EXPORT int dlclose(void *library) {
    silt_real_resolve();
    unsigned long long before = 0, after = 0;
    if (unw_backtrace) dl_iterate_phdr(read_removals, &before);
    int result = silt_real.dlclose(library);
    if (unw_backtrace) dl_iterate_phdr(read_removals, &after);
    if (before != after) {
        __atomic_store_n(&code_changed, 1, __ATOMIC_RELEASE);
        silt_memos_end();
    }
    return result;
}
