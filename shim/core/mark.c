/// Marks: moments that the program names, at which whoever records it reads the whole ledger.
#include <errno.h>

#include "run.h"
#include "state.h"
#include "text.h"

/// As much of a name as of a tag.
#define NAME_BYTES 63

int silt_core_mark(const char *name) {
    if (!name || !name[0] || !silt_core_enter() || !silt_run_is_mine()) return -1;
    int saved = errno;
    // "SEGMENT mark NAME": a segment's name has no blank.
    char message[sizeof silt_core.name + sizeof " mark " + NAME_BYTES];
    char cut[NAME_BYTES + 1] = {0};
    for (int i = 0; i < NAME_BYTES && name[i]; i++) cut[i] = name[i];
    struct silt_text text = silt_text(message, sizeof message);
    silt_text_add(&text, silt_core.name);
    silt_text_add(&text, " mark ");
    silt_text_add(&text, cut);
    int run = silt_run_connect();
    bool kept = run >= 0 && silt_run_say(run, message);
    errno = saved;
    return kept ? 0 : -1;
}
