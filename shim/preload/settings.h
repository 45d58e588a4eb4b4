/// What the environment says: to silt, and to glibc's malloc.
#ifndef SILT_SETTINGS_H
#define SILT_SETTINGS_H

#include <stdbool.h>

#include "../core/core.h"

/// Reads the environment as it is at the process's start. The strings of `config` stay valid only as long as it does.
///
///   SILT_DIR        directory of the segment; /dev/shm without it
///   SILT_RUN        directory of the `silt run` that started this process
///   SILT_RUN_FLOOR  peak RSS in bytes from which the process waits for its last reading there; 10 MiB without it
void silt_settings_read(struct silt_config *config, bool is_glibc);

#endif
