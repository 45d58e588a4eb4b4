/// The same module on smaller frames.
#define SMALLER
#include "allocating-module.c"
