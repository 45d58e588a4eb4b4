"""Says that its arguments are a TiB long, all of it a page of zeros that is not even there; prints whether it may."""

import ctypes
import json
import os
import struct
import sys

libc = ctypes.CDLL(None, use_errno=True)
libc.sbrk.restype = ctypes.c_void_p
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
LENGTH = 1 << 40
# PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
start = libc.mmap(None, LENGTH, 3, 0x4022, -1, 0)
with open("/proc/self/stat") as file:
    fields = [0, 0, 0] + file.read().rpartition(")")[2].split()
# proc_pid_stat(5) numbers them from 1; prctl(PR_SET_MM, PR_SET_MM_MAP): struct prctl_mm_map of linux/prctl.h.
code, data, brk = [int(fields[i]) for i in (26, 27)], [int(fields[i]) for i in (45, 46)], int(fields[47])
numbers = [*code, *data, brk, libc.sbrk(0), int(fields[28]), start, start + LENGTH]
environment = [int(fields[i]) for i in (50, 51)]
layout = struct.pack("=11Q", *numbers, *environment) + struct.pack("=QIi", 0, 0, -1)
done = libc.prctl(35, 14, layout, len(layout), 0) == 0
os.write(1, (json.dumps({"ready": done, "pid": os.getpid()}) + "\n").encode())
sys.stdin.buffer.read()
