#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scenarios.h"

static const struct {
    const char *name;
    scenario *run;
} scenarios[] = {
    {"edges", edges},   {"churn", churn},           {"crowd", crowd},
    {"departed", departed}, {"ranges", ranges},     {"forked", forked},
    {"forked-under-load", forked_under_load},       {"grandchild", grandchild},
    {"cloned", cloned}, {"cloned-mapping", cloned_mapping}, {"vforked", vforked},
    {"cloned-as-first", cloned_as_first}, {"spilled", spilled},
    {"full", full},     {"limited", limited},       {"holding", holding},
    {"thresholds", thresholds}, {"held-ranges", held_ranges}, {"stopped", stopped},
    {"stopped-under-load", stopped_under_load},     {"estimates", estimates},
    {"sampled-churn", sampled_churn},               {"sampled-forks", sampled_forks},
    {"sampled-full", sampled_full},                 {"sampled-homeless", sampled_homeless},
    {"sampled-clone", sampled_clone},               {"tagged", tagged},
    {"tallied", tallied},   {"weighed", weighed},   {"tallied-together", tallied_together},
    {"tallied-samples", tallied_samples},
    {"moments", moments}, {"moments-of-children", moments_of_children},
    {"moments-unread", moments_unread},             {"moments-confined", moments_confined},
    {"moments-under-load", moments_under_load},
};

int main(int count, char **arguments) {
    if (count < 3) return 2;
    // The test may have started this from a thread of libdispatch's, which blocks signals.
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    alarm(600); // whatever goes wrong, nothing stays behind
    struct request request = {.directory = arguments[2]};
    for (int i = 3; i < count && i < 7; i++) request.numbers[i - 3] = strtoull(arguments[i], NULL, 0);
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++)
        if (strcmp(arguments[1], scenarios[i].name) == 0) {
            scenarios[i].run(&request);
            return 0;
        }
    return 2;
}
