/// Linux calls that Swift cannot make itself: variadic ones, and those newer than Debian 12's headers.
#ifndef SILT_CSYSTEM_H
#define SILT_CSYSTEM_H

#endif
