/// Says whether it runs with more rights than its caller's, and whether the library keeps books of it.
#include <dirent.h>
#include <sys/auxv.h>
#include <sys/resource.h>

#include "torture.h"

int main(void) {
    char line[512];
    int mapped = 0, segments = 0;
    free(malloc(10));
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps)) {
        mapped |= strstr(line, "silt") != NULL || strstr(line, "BrokenLocale") != NULL;
        segments |= strstr(line, "/silt-") != NULL && strstr(line, " rw-s ") != NULL;
    }
    say("secure %lu, library %d, segment %d\n", getauxval(AT_SECURE), mapped, segments);
    return 0;
}
