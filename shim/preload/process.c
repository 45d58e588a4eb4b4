/// The ways out of a program: exit, _exit and exec. fork is followed by handlers (../core/fork.c).
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "../core/core.h"
#include "real.h"

/// C++ ABI, 3.3.6.3; glibc's stdlib/cxa_atexit.c. The first 32 handlers take no memory of the heap.
extern int __cxa_atexit(void (*handler)(void *), void *argument, void *module);

/// exit: runs after the program's atexit handlers and the destructors of every module, where LeakSanitizer looks too.
///
/// Handlers run in the reverse order of their registration (stdlib/exit.c), and the one that runs all modules'
/// destructors is registered when every library has been started (csu/libc-start.c; _dl_fini). A destructor of our own
/// would run before those of the libraries behind us. No module: so that the end of ours does not run it
/// (__cxa_finalize).
static void leave(void *unused) {
    (void)unused;
    silt_core_leave(SILT_LEAVING_EXIT);
}

__attribute__((constructor)) static void look_at_exit(void) { __cxa_atexit(leave, NULL, NULL); }

SILT_EXPORT _Noreturn void _exit(int status) {
    silt_real_resolve();
    silt_core_leave(SILT_LEAVING_EXIT);
    silt_real._exit(status);
}

SILT_EXPORT _Noreturn void _Exit(int status) { _exit(status); }

/// Says that the program is about to be replaced; takes it back where it was not.
#define EXEC(call)                           \
    do {                                     \
        silt_real_resolve();                 \
        silt_core_leave(SILT_LEAVING_EXEC);  \
        int result = (call);                 \
        silt_core_stay();                    \
        return result;                       \
    } while (0)

SILT_EXPORT int execve(const char *path, char *const arguments[], char *const environment[]) {
    EXEC(silt_real.execve(path, arguments, environment));
}

SILT_EXPORT int execv(const char *path, char *const arguments[]) {
    EXEC(silt_real.execve(path, arguments, environ));
}

SILT_EXPORT int execvpe(const char *file, char *const arguments[], char *const environment[]) {
    EXEC(silt_real.execvpe(file, arguments, environment));
}

SILT_EXPORT int execvp(const char *file, char *const arguments[]) {
    EXEC(silt_real.execvpe(file, arguments, environ));
}

SILT_EXPORT int fexecve(int file, char *const arguments[], char *const environment[]) {
    EXEC(silt_real.fexecve(file, arguments, environment));
}

/// Turns the arguments of execl and its kin into an array on the stack, as libc does (posix/execl.c): a vfork child may
/// call them, so nothing is allocated. Declares the array `arguments`; leaves `list` behind the NULL that ends them.
#define COLLECT_ARGUMENTS(list, first)                                       \
    va_list counting;                                                        \
    va_start(counting, first);                                               \
    size_t count = 1;                                                        \
    while (va_arg(counting, char *)) count++;                                \
    va_end(counting);                                                        \
    char *arguments[count + 1];                                              \
    arguments[0] = (char *)first;                                            \
    va_list list;                                                            \
    va_start(list, first);                                                   \
    for (size_t i = 1; i <= count; i++) arguments[i] = va_arg(list, char *)

SILT_EXPORT int execl(const char *path, const char *first, ...) {
    COLLECT_ARGUMENTS(list, first);
    va_end(list);
    return execv(path, arguments);
}

SILT_EXPORT int execlp(const char *file, const char *first, ...) {
    COLLECT_ARGUMENTS(list, first);
    va_end(list);
    return execvp(file, arguments);
}

SILT_EXPORT int execle(const char *path, const char *first, ...) {
    COLLECT_ARGUMENTS(list, first);
    char *const *environment = va_arg(list, char *const *);
    va_end(list);
    return execve(path, arguments, environment);
}
