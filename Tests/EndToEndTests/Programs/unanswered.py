"""Has memory that looks like libc's data, below libc, whose pages nobody ever serves: a userfaultfd without a handler
stands for a file system of the user's own. The argument is a directory on a tmpfs."""

import ctypes
import fcntl
import json
import os
import struct
import sys

PAGE, START, LENGTH = 4096, 0x20000000, 1 << 20
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]

path = os.path.join(sys.argv[1], "libc.so.6")
file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
os.ftruncate(file, LENGTH)
# PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED_NOREPLACE
if libc.mmap(START, LENGTH, 3, 0x100002, file, 0) != START:
    sys.exit("cannot map")
# userfaultfd(2): __NR_userfaultfd on x86-64; UFFDIO_API, UFFDIO_REGISTER with MODE_MISSING (linux/userfaultfd.h).
watcher = libc.syscall(323, os.O_CLOEXEC)
ready = watcher >= 0
if ready:
    fcntl.ioctl(watcher, 0xC018AA3F, bytearray(struct.pack("QQQ", 0xAA, 0, 0)))
    fcntl.ioctl(watcher, 0xC020AA00, bytearray(struct.pack("QQQQ", START, LENGTH, 1, 0)))
os.write(1, (json.dumps({"ready": ready, "pid": os.getpid()}) + "\n").encode())
sys.stdin.buffer.read()
os.unlink(path)
