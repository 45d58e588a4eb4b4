// yajl's parser (libyajl-dev), with what Swift cannot call: a function of variable arguments.
#ifndef SILT_CYAJL_H
#define SILT_CYAJL_H

#include <yajl/yajl_parse.h>

/// Comments are `/* */` and `//` to the end of the line.
static inline void cyajl_allow_comments(yajl_handle handle) { yajl_config(handle, yajl_allow_comments, 1); }

#endif
