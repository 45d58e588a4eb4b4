// leaks NAME: runs one program. What it leaks, or only seems to, is told at each.
#define _GNU_SOURCE
#include "leaks.h"

#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));
extern void __lsan_register_root_region(const void *, size_t) __attribute__((weak));

SITE void scrub(void) {
    volatile char room[32768];
    for (size_t at = 0; at < sizeof room; at++) room[at] = 0;
    __asm__ volatile(
        "xor %%eax, %%eax; xor %%ecx, %%ecx; xor %%edx, %%edx; xor %%esi, %%esi; xor %%edi, %%edi; xor %%r8d, %%r8d;"
        "xor %%r9d, %%r9d; xor %%r10d, %%r10d; xor %%r11d, %%r11d; pxor %%xmm0, %%xmm0; pxor %%xmm1, %%xmm1;"
        "pxor %%xmm2, %%xmm2; pxor %%xmm3, %%xmm3; pxor %%xmm4, %%xmm4; pxor %%xmm5, %%xmm5; pxor %%xmm6, %%xmm6;"
        "pxor %%xmm7, %%xmm7; pxor %%xmm8, %%xmm8; pxor %%xmm9, %%xmm9; pxor %%xmm10, %%xmm10; pxor %%xmm11, %%xmm11;"
        "pxor %%xmm12, %%xmm12; pxor %%xmm13, %%xmm13; pxor %%xmm14, %%xmm14; pxor %%xmm15, %%xmm15"
        : : : "eax", "ecx", "edx", "esi", "edi", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
        "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "memory");
}

SITE void look_now(void) {
    scrub();
    if (__lsan_do_recoverable_leak_check) {
        __lsan_do_recoverable_leak_check();
        _exit(0);
    }
    char byte;
    if (write(STDOUT_FILENO, "ready\n", 6) != 6 || read(STDIN_FILENO, &byte, 1) < 0) _exit(1);
    _exit(0);
}

// Direct, indirect, cyclic ---------------------------------------------------------------------------------------

struct node {
    struct node *next;
    char payload[40];
};

SITE static void *allocate_lost(size_t bytes) { return opaque(malloc(bytes)); }
SITE static void *allocate_held(size_t bytes) { return opaque(malloc(bytes)); }

SITE static struct node *make_node(struct node *next) {
    struct node *node = opaque(malloc(sizeof *node));
    node->next = next;
    return node;
}

/// One block, lost.
static void direct(void) { memset(allocate_lost(100), 1, 100); }

/// A thousand blocks of one place, lost.
static void direct_many(void) {
    for (int i = 0; i < 1000; i++) allocate_lost(24);
}

/// Of many sizes, each lost.
static void direct_sizes(void) {
    for (size_t bytes = 0; bytes < 3000; bytes += 97) allocate_lost(bytes);
}

/// The head is lost, and with it ten more.
static void indirect(void) {
    struct node *head = NULL;
    for (int i = 0; i < 11; i++) head = make_node(head);
}

/// Two that hold each other: both are indirect.
static void cycle_of_two(void) {
    struct node *first = make_node(NULL);
    first->next = make_node(first);
}

/// A ring of a hundred.
static void cycle_of_many(void) {
    struct node *first = make_node(NULL), *last = first;
    for (int i = 0; i < 99; i++) last = make_node(last);
    first->next = last;
}

/// One that holds itself: direct.
static void cycle_of_one(void) {
    struct node *node = make_node(NULL);
    node->next = node;
}

/// A tree of which the root is lost.
SITE static struct node **make_tree(int depth) {
    struct node **tree = opaque(calloc(4, sizeof *tree));
    for (int i = 0; depth > 0 && i < 4; i++) tree[i] = (struct node *)make_tree(depth - 1);
    return tree;
}
static void tree_lost(void) { make_tree(4); }

static void *kept[64];
/// The same tree, held by a global.
static void tree_held(void) { kept[0] = make_tree(4); }

/// Freed as it should be.
static void freed(void) {
    for (int i = 0; i < 1000; i++) free(allocate_held(i));
}

// Where pointers are held ----------------------------------------------------------------------------------------

/// In .bss.
static void global_bss(void) { kept[3] = allocate_held(50); }

static void *volatile initialised[4] = {&kept};
/// In .data.
static void global_data(void) { initialised[2] = allocate_held(50); }

static __thread void *volatile in_tls;
/// In thread-local storage of the main thread.
static void tls_main(void) { in_tls = allocate_held(64); }

static void *wait_in_thread(void *argument) {
    (void)argument;
    for (;;) pause();
    return NULL;
}

static pthread_barrier_t barrier;
static void *hold_in_tls(void *argument) {
    in_tls = allocate_held(64);
    scrub();
    pthread_barrier_wait(&barrier);
    return wait_in_thread(argument);
}
/// In thread-local storage of another thread.
static void tls_thread(void) {
    pthread_t thread;
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, hold_in_tls, NULL);
    pthread_barrier_wait(&barrier);
    look_now();
}

/// In thread-local storage of a library that is opened at run time.
static void tls_library(void) {
    void *library = dlopen(getenv("LEAKS_LIBRARY"), RTLD_NOW);
    if (!library) _exit(1);
    void (*hold)(void *) = (void (*)(void *))dlsym(library, "hold_in_library_tls");
    hold(allocate_held(80));
    allocate_lost(40);
}

/// Behind pthread keys: of the first level, and of the second.
static void keys(void) {
    pthread_key_t key;
    for (int i = 0; i < 40; i++) {
        pthread_key_create(&key, NULL);
        pthread_setspecific(key, allocate_held(32));
    }
    allocate_lost(56);
}

/// Held by a register that no call changes, and by nothing else.
static void held_by_register(void) {
    register void *pointer __asm__("r12") = allocate_held(72);
    __asm__ volatile("" : "+r"(pointer));
    look_now();
    __asm__ volatile("" : : "r"(pointer));
}

/// Held on the stack of main.
static void held_by_stack(void) {
    void *volatile place[4] = {NULL, allocate_held(72), NULL, NULL};
    look_now();
    opaque((void *)place);
}

static void *hold_on_stack(void *argument) {
    void *volatile place[4] = {NULL, allocate_held(72), NULL, NULL};
    scrub();
    pthread_barrier_wait(&barrier);
    wait_in_thread(argument);
    opaque((void *)place);
    return NULL;
}
/// Held on the stack of another thread.
static void held_by_thread(void) {
    pthread_t thread;
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, hold_on_stack, NULL);
    pthread_barrier_wait(&barrier);
    look_now();
}

static void *lose_on_stack(void *argument) {
    void *volatile place[512];
    for (int i = 0; i < 512; i++) place[i] = argument;
    place[7] = allocate_lost(88);
    opaque((void *)place);
    return NULL;
}
/// Left on the stack of a thread that has ended, which glibc keeps for another.
static void thread_ended(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, lose_on_stack, NULL);
    pthread_join(thread, NULL);
}

/// A thread's destructor frees what its key held; what its TLS held is lost.
static pthread_key_t ending;
static void *end_with_key(void *argument) {
    (void)argument;
    pthread_setspecific(ending, allocate_held(48));
    in_tls = allocate_lost(72);
    return NULL;
}
static void thread_exit_key(void) {
    pthread_t thread;
    pthread_key_create(&ending, free);
    pthread_create(&thread, NULL, end_with_key, NULL);
    pthread_join(thread, NULL);
}

// Interior pointers ----------------------------------------------------------------------------------------------

/// Held by a pointer into its middle.
static void interior(void) { kept[1] = (char *)allocate_held(1000) + 501; }

/// Held by a pointer to its last byte.
static void interior_last(void) { kept[1] = (char *)allocate_held(1000) + 999; }

/// A pointer behind its end holds nothing.
static void interior_end(void) { kept[1] = (char *)allocate_lost(1000) + 1000; }

/// A large block with a mapping of its own, held in the middle; and one that is lost.
static void interior_large(void) {
    kept[1] = (char *)allocate_held(8 << 20) + (3 << 20);
    allocate_lost(2 << 20);
}

/// Aligned further than malloc does, and lost.
SITE static void *allocate_aligned(size_t alignment, size_t bytes) {
    void *block = NULL;
    return posix_memalign(&block, alignment, bytes) == 0 ? opaque(block) : NULL;
}
static void aligned(void) {
    for (size_t alignment = 16; alignment <= 4096; alignment *= 2) allocate_aligned(alignment, 200);
    kept[2] = allocate_aligned(1024, 300);
}

// Reallocation, caches, pools ------------------------------------------------------------------------------------

SITE static void *grow(void *block, size_t bytes) { return opaque(realloc(block, bytes)); }

/// Grown ten times, then lost: the last size counts.
static void realloc_chain(void) {
    void *block = NULL;
    for (size_t bytes = 10; bytes < 10000; bytes *= 2) block = grow(block, bytes);
}

/// Grown and held.
static void realloc_held(void) {
    for (size_t bytes = 10; bytes < 1000000; bytes *= 3) kept[0] = grow(kept[0], bytes);
}

/// Blocks in the thread cache and in free lists point to one another: that holds nothing.
static void free_lists(void) {
    void *blocks[200];
    for (int i = 0; i < 200; i++) {
        blocks[i] = allocate_held(i % 2 ? 40 : 400);
        void **words = blocks[i];
        for (int word = 2; word < 5; word++) words[word] = i == 100 && word == 3 ? allocate_lost(104) : NULL;
    }
    for (int i = 0; i < 200; i++) free(blocks[i]);
    memset(blocks, 0, sizeof blocks);
}

struct entry {
    struct entry *next;
    char *name;
};
static struct entry *table[128];
/// A cache that grows for ever, and is held.
static void cache(void) {
    for (unsigned i = 0; i < 5000; i++) {
        struct entry *entry = allocate_held(sizeof *entry);
        entry->name = allocate_held(20 + i % 50);
        entry->next = table[i * 2654435761u % 128];
        table[i * 2654435761u % 128] = entry;
    }
}

/// Entries of a cache that was emptied carelessly: their names are lost.
static void cache_emptied(void) {
    cache();
    for (int i = 0; i < 128; i++) {
        for (struct entry *entry = table[i], *next; entry; entry = next) {
            next = entry->next;
            memset(entry, 0, sizeof *entry);
            free(entry);
        }
        table[i] = NULL;
    }
}

/// A pool in a block of malloc's: objects by interior pointers.
static void pool(void) {
    char *chunk = allocate_held(64 * 1024);
    for (int i = 0; i < 64; i++) *(void **)(chunk + i * 1024) = allocate_held(32);
    kept[5] = chunk + 4096;
}

/// An arena whose chunks are linked, and which is lost whole.
static void arena_lost(void) {
    void **chunk = NULL;
    for (int i = 0; i < 16; i++) {
        void **next = allocate_lost(4096);
        next[0] = chunk;
        chunk = next;
    }
}

/// A pool in memory that the program mapped, and told LeakSanitizer of.
static void pool_mapped(void) {
    void **pool = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (__lsan_register_root_region) __lsan_register_root_region(pool, 1 << 20);
    for (int i = 0; i < 100; i++) pool[i * 100] = allocate_held(64);
    allocate_lost(32);
}

/// The same, without a word to LeakSanitizer, which calls it leaked.
static void pool_mapped_untold(void) {
    void **pool = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 100; i++) pool[i * 100] = allocate_held(64);
}

/// Pointers that hide (XOR) hold nothing.
static void hidden(void) { kept[6] = (void *)((uintptr_t)allocate_lost(48) ^ UINT64_C(0xffff0000ffff0000)); }

/// Pointers that are not aligned hold nothing.
static char packed[24];
static void unaligned(void) {
    void *block = allocate_lost(48);
    memcpy(packed + 3, &block, sizeof block);
}

// The end --------------------------------------------------------------------------------------------------------

static void *at_exit;
static void free_at_exit(void) { free(at_exit); at_exit = NULL; }
/// Freed by a handler of atexit.
static void exit_handler(void) {
    at_exit = allocate_held(48);
    atexit(free_at_exit);
}

static void forget_at_exit(void) { at_exit = NULL; scrub(); }
/// Lost by a handler of atexit.
static void exit_handler_loses(void) {
    at_exit = allocate_lost(48);
    atexit(forget_at_exit);
}

/// Held at the end on purpose, as programs do that leave freeing to the kernel.
static void exit_held(void) {
    for (int i = 0; i < 64; i++) kept[i] = allocate_held(1000);
}

static void *in_destructor;
__attribute__((destructor)) static void destroy(void) { free(in_destructor); in_destructor = NULL; }
/// Freed by a destructor of the program.
static void exit_destructor(void) { in_destructor = allocate_held(48); }

/// Files that are open, and a stream's buffer.
static void stream(void) {
    FILE *file = fopen("/dev/null", "w");
    fputs("text", file);
    kept[7] = allocate_held(16);
    allocate_lost(28);
}

/// What the environment and strings hold.
static void environment(void) {
    for (int i = 0; i < 50; i++) {
        char name[16];
        snprintf(name, sizeof name, "LEAKS%d", i);
        setenv(name, "a value of some length", 1);
    }
    kept[8] = strdup("held");
}

/// A coroutine on a stack of malloc's holds a block on it.
static ucontext_t main_context, coroutine_context;
static void coroutine(void) {
    void *volatile place[4] = {NULL, allocate_held(72), NULL, NULL};
    swapcontext(&coroutine_context, &main_context);
    opaque((void *)place);
}
static void coroutine_held(void) {
    getcontext(&coroutine_context);
    coroutine_context.uc_stack.ss_sp = kept[9] = allocate_held(65536);
    coroutine_context.uc_stack.ss_size = 65536;
    coroutine_context.uc_link = &main_context;
    makecontext(&coroutine_context, coroutine, 0);
    swapcontext(&main_context, &coroutine_context);
    allocate_lost(36);
}

/// Leaks from eight threads, each with an arena of its own.
static void *leak_in_arena(void *argument) {
    for (int i = 0; i < 100; i++) allocate_lost(64);
    for (int i = 0; i < 100; i++) {
        void **block = allocate_held(64);
        *block = __atomic_exchange_n((void **)argument, block, __ATOMIC_SEQ_CST);
    }
    return NULL;
}
static void threads(void) {
    pthread_t started[8];
    for (int i = 0; i < 8; i++) pthread_create(&started[i], NULL, leak_in_arena, &kept[10]);
    for (int i = 0; i < 8; i++) pthread_join(started[i], NULL);
}

#define PROGRAM(name) {#name, name}
static const struct {
    const char *name;
    leak_program *run;
} programs[] = {
    PROGRAM(direct), PROGRAM(direct_many), PROGRAM(direct_sizes), PROGRAM(indirect), PROGRAM(cycle_of_two),
    PROGRAM(cycle_of_many), PROGRAM(cycle_of_one), PROGRAM(tree_lost), PROGRAM(tree_held), PROGRAM(freed),
    PROGRAM(global_bss), PROGRAM(global_data), PROGRAM(tls_main), PROGRAM(tls_thread), PROGRAM(tls_library), PROGRAM(keys),
    PROGRAM(held_by_register), PROGRAM(held_by_stack), PROGRAM(held_by_thread), PROGRAM(thread_ended),
    PROGRAM(thread_exit_key), PROGRAM(interior), PROGRAM(interior_last), PROGRAM(interior_end), PROGRAM(interior_large),
    PROGRAM(aligned), PROGRAM(realloc_chain), PROGRAM(realloc_held), PROGRAM(free_lists), PROGRAM(cache),
    PROGRAM(cache_emptied), PROGRAM(pool), PROGRAM(arena_lost), PROGRAM(pool_mapped), PROGRAM(pool_mapped_untold),
    PROGRAM(hidden), PROGRAM(unaligned), PROGRAM(exit_handler), PROGRAM(exit_handler_loses), PROGRAM(exit_held),
    PROGRAM(exit_destructor), PROGRAM(stream), PROGRAM(environment), PROGRAM(coroutine_held), PROGRAM(threads),
};

static leak_program *find(const char *name) {
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (strcmp(programs[i].name, name) == 0) return programs[i].run;
    return find_cplusplus(name);
}

SITE static void run(leak_program *program) {
    program();
    __asm__ volatile("");
}

int main(int count, char **arguments) {
    leak_program *program = count == 2 ? find(arguments[1]) : NULL;
    if (!program) return 2;
    run(program);
    scrub();
    return 0;
}
