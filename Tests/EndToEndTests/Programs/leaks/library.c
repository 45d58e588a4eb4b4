/// Has a thread-local variable of its own, for whoever opens it at run time.
static __thread void *volatile held[16];

void hold_in_library_tls(void *pointer) { held[3] = pointer; }
