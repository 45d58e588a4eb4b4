// zlib's macros, as functions that Swift can call.
#ifndef SILT_CZLIB_H
#define SILT_CZLIB_H

#include <zlib.h>

/// A stream whose output has gzip's header and trailer: 16 added to the window's bits (zlib.h, deflateInit2).
static inline int czlib_gzip_init(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

/// A stream that reads gzip's header and trailer, and checks its sum (zlib.h, inflateInit2).
static inline int czlib_gunzip_init(z_stream *stream) { return inflateInit2(stream, 15 + 16); }

#endif
