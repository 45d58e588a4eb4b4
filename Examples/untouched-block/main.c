/// A block of 1 GiB of which one page is used: the size that was asked for is not the size that is resident.
#include "../common/example.h"

int main(int count, char **arguments) {
    example_begin(count, arguments);
    volatile char *block = example_hold(malloc(1024 * (size_t)MiB));
    block[512 * MiB] = 1;
    return example_ready();
}
