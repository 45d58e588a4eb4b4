#include "allocator.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <link.h>
#include <stdint.h>
#include <string.h>

#include "../core/own.h"

static bool holds(const struct dl_phdr_info *module, uintptr_t address) {
    for (int i = 0; i < module->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &module->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && address - (module->dlpi_addr + part->p_vaddr) < part->p_memsz) return true;
    }
    return false;
}

struct question {
    uintptr_t function;
    bool is_libcs;
};

static int ask(struct dl_phdr_info *module, size_t bytes, void *data) {
    (void)bytes;
    struct question *question = data;
    if (!holds(module, (uintptr_t)gnu_get_libc_version)) return 0;
    question->is_libcs = holds(module, question->function);
    return 1;
}

/// By its place and not by its name: gperftools defines glibc's inner names too, __libc_malloc among them
/// (src/libc_override_glibc.h). What stands before its blocks would be read as the size of a chunk.
bool silt_allocator_is_libcs(void *(*allocate)(size_t)) {
    struct question question = {.function = (uintptr_t)allocate};
    (void)dl_iterate_phdr(ask, &question);
    return question.is_libcs;
}

static bool reached;

bool silt_allocator_is_reached(void) { return reached; }

// The linker's name for the start of this library.
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

/// The file name of the module that defines a function for the program; NULL where that is this library.
static const char *definer(const char *function) {
    Dl_info info;
    void *address = dlsym(RTLD_DEFAULT, function);
    if (!address || !dladdr(address, &info) || !info.dli_fname || info.dli_fbase == (void *)__ehdr_start) return NULL;
    const char *base = strrchr(info.dli_fname, '/');
    return base ? base + 1 : info.dli_fname;
}

/// malloc's own address may be the program's PLT entry, where the program takes it; few take posix_memalign's.
static const char *allocator_name(void) {
    const char *name = definer("posix_memalign");
    if (!name) name = definer("malloc");
    return name ? name : "unknown";
}

/// Asked by calling it: its address may be one in the program (a PLT entry), and another library may hand every call
/// on. What this thread allocates meanwhile comes from memory of our own, which tells that the call came by here.
void silt_allocator_check(void) {
    if (!silt_core_is_on() || silt_core_is_confined()) return;
    silt_own_start();
    struct silt_thread *self = silt_core_observe();
    void *(*allocate)(size_t) = (void *(*)(size_t))dlsym(RTLD_DEFAULT, "malloc");
    void (*release)(void *) = (void (*)(void *))dlsym(RTLD_DEFAULT, "free");
    void *block = allocate && release ? allocate(1) : NULL;
    reached = block && silt_own_holds(block);
    if (block) release(block);
    silt_core_observed(self);
    if (block && !reached) silt_core_bypassed(allocator_name());
}
