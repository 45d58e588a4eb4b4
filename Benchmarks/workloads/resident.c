/// resident MIB: fills that much heap with small blocks, says ready by the protocol of Examples/README.md, and waits
/// until its standard input ends.
#include "../../Examples/common/example.h"

int main(int count, char **arguments) {
    example_require(count > 1 && atol(arguments[1]) > 0, "resident MIB");
    size_t bytes = strtoul(arguments[1], NULL, 10) * MiB;
    char *waits[] = {"resident", "--wait"};
    example_begin(2, waits);
    unsigned long long seed = 1;
    while (example_live_bytes < bytes) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        example_malloc(16 + (seed >> 40) % 497);
    }
    return example_ready();
}
