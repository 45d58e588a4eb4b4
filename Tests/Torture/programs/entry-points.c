/// Every entry point with every edge: what it returns, what errno says, what is in the block.
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>

#include "torture.h"

static volatile size_t huge = SIZE_MAX; // volatile: the compiler must not see, and refuse, the absurd sizes
static volatile size_t half = SIZE_MAX / 2 + 1;
static volatile size_t root = (size_t)1 << 32; // of 2^64

static void outcome(const char *what, void *block, int error) {
    say("%s: %s errno %d\n", what, block ? "block" : "null", error);
    know(block, 1);
}

#define TRY(call)                                  \
    ({                                             \
        errno = 77;                                \
        void *made = (call);                       \
        int error = errno;                         \
        outcome(#call, made, error);               \
        made;                                      \
    })

static void gone(void *block) {
    know(block, -1);
    errno = 78;
    free(block);
    REQUIRE(errno == 78); // since glibc 2.33, free keeps errno
}

static void sizes(void) {
    static const size_t all[] = {0, 1, 7, 8, 15, 16, 23, 24, 25, 40, 1032, 1033, 4079, 4080, 4096, 8191, 65536,
                                 131047, 131048, 131072, 131073, 1 << 20, (32 << 20) - 4096, 40 << 20};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        void *block = malloc(all[i]);
        REQUIRE(block && (uintptr_t)block % 16 == 0 && malloc_usable_size(block) >= all[i]);
        say("malloc %zu usable %zu\n", all[i], malloc_usable_size(block));
        know(block, 1);
        fill(block, all[i], 1);
        REQUIRE(intact(block, all[i], all[i], 1));
        gone(block);
        uint8_t *zeros = calloc(1, all[i]);
        know(zeros, 1);
        for (size_t at = 0; at < all[i]; at++) REQUIRE(zeros[at] == 0);
        gone(zeros);
    }
}

static void absurd(void) {
    gone(TRY(malloc(0)));
    gone(TRY(malloc(huge)));
    gone(TRY(malloc(half)));
    gone(TRY(malloc(half - 1)));
    gone(TRY(calloc(0, 0)));
    gone(TRY(calloc(0, huge)));
    gone(TRY(calloc(huge, 2)));
    gone(TRY(calloc(half, 2)));
    gone(TRY(calloc(root, root)));
    gone(TRY(realloc(NULL, 0)));
    gone(TRY(realloc(NULL, 10)));
    gone(TRY(realloc(NULL, huge)));
    gone(TRY(reallocarray(NULL, huge, 2)));
    gone(TRY(reallocarray(NULL, 0, 5)));
    gone(TRY(reallocarray(NULL, root, root)));
    gone(TRY(reallocarray(NULL, 3, 5)));
    gone(TRY(valloc(huge)));
    gone(TRY(pvalloc(huge)));
    gone(TRY(valloc(0)));
    gone(TRY(pvalloc(0)));
    gone(TRY(pvalloc(1)));
    say("usable size of NULL: %zu\n", malloc_usable_size(NULL));
    errno = 79;
    free(NULL);
    say("free(NULL): errno %d\n", errno);
}

/// A failed reallocation leaves the block as it was; one to 0 bytes frees it.
static void failures(void) {
    char *block = make(100, 3);
    errno = 0;
    REQUIRE(realloc(block, huge) == NULL && errno == ENOMEM && intact(block, 100, 100, 3));
    errno = 0;
    REQUIRE(reallocarray(block, half, 2) == NULL && errno == ENOMEM && intact(block, 100, 100, 3));
    errno = 0;
    REQUIRE(realloc(block, half - 1) == NULL && errno == ENOMEM && intact(block, 100, 100, 3));
    checkpoint("failed");
    know(block, -1);
    errno = 80;
    void *none = realloc(block, 0);
    say("realloc to 0: %s errno %d\n", none ? "block" : "null", errno);
    char *large = make(1 << 20, 4);
    errno = 0;
    REQUIRE(realloc(large, huge) == NULL && errno == ENOMEM && intact(large, 1 << 20, 1 << 20, 4));
    know(large, -1);
    REQUIRE(reallocarray(large, 0, 8) == NULL);
}

static void alignments(void) {
    static const size_t all[] = {0, 1, 2, 3, 8, 16, 17, 24, 64, 100, 4095, 4096, 4097, 65536, 1 << 21, (1 << 21) + 1};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        for (size_t bytes = 0; bytes <= 300000; bytes = bytes * 7 + 1) {
            errno = 81;
            void *block = memalign(all[i], bytes);
            say("memalign %zu %zu: %d errno %d", all[i], bytes, block != NULL, errno);
            know(block, 1);
            if (block) fill(block, bytes, 5);
            errno = 81;
            void *second = aligned_alloc(all[i], bytes);
            say(" aligned_alloc: %d errno %d", second != NULL, errno);
            know(second, 1);
            void *third = (void *)1;
            errno = 81;
            int error = posix_memalign(&third, all[i], bytes);
            say(" posix_memalign: %d %d errno %d\n", error, error ? third == (void *)1 : 2, errno);
            if (error == 0) {
                REQUIRE((uintptr_t)third % all[i] == 0);
                know(third, 1);
                gone(third);
            }
            if (block) REQUIRE(intact(block, bytes, bytes, 5));
            gone(second);
            gone(block);
        }
    }
    gone(TRY(memalign(half, 1)));
    gone(TRY(memalign(half + 1, 1)));
    gone(TRY(memalign(huge, 1)));
    gone(TRY(memalign(64, huge)));
    gone(TRY(memalign(64, huge - 100)));
    gone(TRY(aligned_alloc(huge, 1)));
    gone(TRY(aligned_alloc(4096, huge - 4096)));
    void *untouched = (void *)2;
    say("posix_memalign: %d", posix_memalign(&untouched, 64, huge));
    say(" %d", posix_memalign(&untouched, huge, 1));
    say(" %d %d\n", posix_memalign(&untouched, 0, 1), untouched == (void *)2);
}

/// C23's sized frees, where the process has them.
static void sized(void) {
    void (*free_sized)(void *, size_t) = (void (*)(void *, size_t))dlsym(RTLD_DEFAULT, "free_sized");
    void (*free_aligned_sized)(void *, size_t, size_t) =
        (void (*)(void *, size_t, size_t))dlsym(RTLD_DEFAULT, "free_aligned_sized");
    if (!free_sized || !free_aligned_sized) return;
    void *block = make(100, 6);
    know(block, -1);
    free_sized(block, 100);
    free_sized(NULL, 100);
    block = aligned_alloc(4096, 8192);
    know(block, 1);
    know(block, -1);
    free_aligned_sized(block, 4096, 8192);
    free_aligned_sized(NULL, 4096, 8192);
}

int main(void) {
    const char *error = dlerror(); // nobody else's failed look-up shows here
    say("dlerror: %s\n", error ? error : "none");
    free(malloc(1));
    checkpoint("start");
    sizes();
    checkpoint("sizes");
    absurd();
    checkpoint("absurd");
    failures();
    checkpoint("failures");
    alignments();
    checkpoint("alignments");
    sized();
    checkpoint("sized");
    return 17;
}
