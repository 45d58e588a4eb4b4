/// Talking to the `silt run` that follows this process, if one does.
#ifndef SILT_RUN_H
#define SILT_RUN_H

#include <stdbool.h>

/// Whether this process keeps the books that the segment says, and may make system calls to say so.
bool silt_run_is_mine(void);
/// A connection to the run's socket; negative where nobody follows, or nobody takes it at once.
int silt_run_connect(void);
/// Says one message, and waits until the reader hangs up or 10 s are over. Closes the connection.
///
/// True: the reader answered before it hung up, which is how it says that it did what it was told.
bool silt_run_say(int run, const char *message);

#endif
