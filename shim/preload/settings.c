#include "settings.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <stdlib.h>
#include <string.h>

#include "../core/text.h"
#include "real.h"

/// malloc/malloc.c: DEFAULT_MMAP_THRESHOLD_MIN and DEFAULT_TRIM_THRESHOLD.
#define DEFAULT_THRESHOLD (128 * 1024)
#define DEFAULT_SAMPLE_MEAN (512 * 1024)

/// A setting of glibc's malloc by its variable, or by its name in GLIBC_TUNABLES (elf/dl-tunables.list).
static bool setting(const char *variable, const char *tunable, uint64_t *value) {
    const char *text = getenv(variable);
    const char *all = getenv("GLIBC_TUNABLES");
    for (const char *at = all; at && (at = strstr(at, tunable)); at += 1)
        if ((at == all || at[-1] == ':') && at[strlen(tunable)] == '=') text = at + strlen(tunable) + 1;
    if (!text) return false;
    *value = strtoull(text, NULL, 0);
    return true;
}

static const char *allocator_name(bool is_glibc) {
    static char name[64];
    Dl_info info;
    struct silt_text text = silt_text(name, sizeof name);
    if (is_glibc) {
        silt_text_add(&text, "glibc ");
        silt_text_add(&text, gnu_get_libc_version());
    } else if (dladdr((void *)silt_real.malloc, &info) && info.dli_fname) {
        const char *base = strrchr(info.dli_fname, '/');
        silt_text_add(&text, base ? base + 1 : info.dli_fname);
    }
    return name;
}

void silt_settings_read(struct silt_config *config, bool is_glibc) {
    const char *directory = getenv("SILT_DIR");
    const char *floor = getenv("SILT_RUN_FLOOR");
    const char *sample = getenv("SILT_SAMPLE");
    const char *seed = getenv("SILT_SAMPLE_SEED");
    uint64_t ignored;
    *config = (struct silt_config){
        .directory = directory && directory[0] ? directory : "/dev/shm",
        .allocator = allocator_name(is_glibc),
        .other_allocator = !is_glibc,
        .mmap_threshold = DEFAULT_THRESHOLD,
        .trim_threshold = DEFAULT_THRESHOLD,
        .run = getenv("SILT_RUN"),
        .run_floor = floor ? strtoull(floor, NULL, 10) : (uint64_t)10 << 20,
        .sample_mean = sample && sample[0] ? strtoull(sample, NULL, 10) : DEFAULT_SAMPLE_MEAN,
        .sample_seed = seed ? strtoull(seed, NULL, 10) : 0,
    };
    // malloc/malloc.c, do_set_*: each of these four sets mp_.no_dyn_threshold.
    bool fixed = setting("MALLOC_MMAP_THRESHOLD_", "glibc.malloc.mmap_threshold", &config->mmap_threshold);
    fixed |= setting("MALLOC_TRIM_THRESHOLD_", "glibc.malloc.trim_threshold", &config->trim_threshold);
    fixed |= setting("MALLOC_TOP_PAD_", "glibc.malloc.top_pad", &ignored);
    fixed |= setting("MALLOC_MMAP_MAX_", "glibc.malloc.mmap_max", &ignored);
    config->threshold_fixed = fixed;
}
