/// Calls of the mmap family that the kernel refuses change nothing, errno is the kernel's; and only free moves glibc's
/// mmap threshold.
#include <errno.h>
#include <sys/mman.h>

#include "torture.h"

#define BYTES ((size_t)8 << 20)

static void refused(const char *what, int failed) {
    say("%s: %s errno %d\n", what, failed ? "refused" : "done", errno);
}

#define TRY(call) (errno = 77, refused(#call, (long)(call) == -1))

int main(void) {
    char *own = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(own != MAP_FAILED);
    fill(own, BYTES, 1);
    checkpoint("start");
    TRY(munmap(own, SIZE_MAX));
    TRY(munmap(own, (size_t)1 << 62));
    TRY(munmap(own, 0));
    TRY(munmap(own + 1, 4096));
    TRY(munmap((char *)SIZE_MAX - 4095, 4096));
    TRY(mmap(own, BYTES, PROT_READ, MAP_PRIVATE | MAP_FIXED, 999, 0));
    TRY(mmap(own + 7, BYTES, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0));
    TRY(mmap(own, 0, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0));
    TRY(mmap(NULL, SIZE_MAX, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    TRY(mremap(own, BYTES, SIZE_MAX, MREMAP_MAYMOVE));
    TRY(mremap(own, SIZE_MAX, BYTES, MREMAP_MAYMOVE));
    TRY(mremap(own + 3, 4096, BYTES, MREMAP_MAYMOVE));
    checkpoint("refused");
    char *block = make(300000, 2);
    know(block, -1);
    block = realloc(block, 200000);
    know(block, 1);
    checkpoint("reallocated");
    REQUIRE(intact(own, BYTES, BYTES, 1) && munmap(own, BYTES) == 0);
    know(block, -1);
    free(block);
    checkpoint("freed");
    return 0;
}
