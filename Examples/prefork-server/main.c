/// A server that loads its data and then forks workers, as gunicorn --preload or postgres do. Every worker has a burst
/// of its own, frees it but for one block, and waits. The parent wastes nothing; each of its workers does.
#include "../common/example.h"

#include <sys/wait.h>

enum { workers = 3, data_blocks = 64 * KiB, burst_blocks = 96 * KiB, block_bytes = 1016 };

static void *data[data_blocks], *burst[burst_blocks];

static void work(int ready) {
    for (int i = 0; i < burst_blocks; i++) burst[i] = example_malloc(block_bytes);
    for (int i = 0; i < burst_blocks - 1; i++) example_free(burst[i]);
    example_say_ready();
    example_require(write(ready, "", 1) == 1, "write");
    example_stay();
    _exit(0);  // As the workers of CPython's multiprocessing leave.
}

int main(int count, char **arguments) {
    int ready[2];
    example_begin(count, arguments);
    for (int i = 0; i < data_blocks; i++) data[i] = example_malloc(block_bytes);
    example_require(pipe(ready) == 0, "pipe");
    for (int i = 0; i < workers; i++) {
        pid_t worker = fork();
        example_require(worker >= 0, "fork");
        if (worker == 0) work(ready[1]);
    }
    char byte;
    for (int i = 0; i < workers; i++) example_require(read(ready[0], &byte, 1) == 1, "read");
    example_ready();
    while (wait(NULL) > 0) {}
    return 0;
}
