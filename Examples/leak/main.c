/// Allocates a little more every tenth of a second, for three seconds, and loses every pointer.
#include "../common/example.h"

enum { steps = 30, step_bytes = 2 * MiB, block_bytes = 232 };

int main(int count, char **arguments) {
    example_begin(count, arguments);
    for (int step = 0; step < steps; step++) {
        for (int bytes = 0; bytes < step_bytes; bytes += block_bytes) example_malloc(block_bytes);
        nanosleep(&(struct timespec){.tv_nsec = 100 * 1000 * 1000}, NULL);
    }
    return example_ready();
}
