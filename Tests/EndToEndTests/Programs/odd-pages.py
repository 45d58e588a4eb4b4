"""Pages that are present and not in RSS, or in RSS and easy to miss: zero pages, copies on write, locked and lazily
freed ones, shared ones, and those of a private file mapping."""

import ctypes
import json
import mmap
import os
import sys
import tempfile

MIB = 1 << 20
PAGE = 4096
MADV_FREE = 8  # include/uapi/asm-generic/mman-common.h
MADV_HUGEPAGE = 14

libc = ctypes.CDLL(None, use_errno=True)


def private(size):
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def fill(area):
    for at in range(0, len(area), PAGE):
        area[at] = 1


def look(area):
    return sum(area[at] for at in range(0, len(area), PAGE))


small_zeroes = private(4 * MIB)
small_zeroes.madvise(15)  # MADV_NOHUGEPAGE: small zero pages
look(small_zeroes)
huge_zeroes = private(8 * MIB)
huge_zeroes.madvise(MADV_HUGEPAGE)
look(huge_zeroes)
half_zeroes = private(4 * MIB)
look(half_zeroes)
for at in range(0, len(half_zeroes), 2 * PAGE):
    half_zeroes[at] = 1
lazily_freed = private(2 * MIB)
fill(lazily_freed)
lazily_freed.madvise(MADV_FREE)
locked = private(MIB)
libc.mlock(ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(locked))), ctypes.c_size_t(MIB))
shared = mmap.mmap(-1, 3 * MIB)
fill(shared)
file = tempfile.TemporaryFile()
file.write(bytes(2 * MIB))
file.flush()
copied = mmap.mmap(file.fileno(), 2 * MIB, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
look(copied)
for at in range(0, MIB, PAGE):
    copied[at] = 1

os.write(1, (json.dumps({"ready": True, "pid": os.getpid()}) + "\n").encode())
sys.stdin.buffer.read()
os._exit(0)
