#ifndef SILT_UNWIND_H
#define SILT_UNWIND_H

/// Opens the unwinder where samples are taken. Once, in the constructor: it calls the loader and allocates.
void silt_unwind_open(void);

#endif
