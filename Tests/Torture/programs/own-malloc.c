/// own-malloc SEED: the allocator as a part of the program.
#include "own-malloc-module.c"
#include "churn.c"
