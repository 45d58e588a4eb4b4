"""Has names that a terminal would act upon: of itself, and of a file that it maps. The first argument is a directory."""

import ctypes
import json
import mmap
import os
import sys

# Clears the screen, sets the title, moves text to the right, ends the line.
ODD = "\x1b[2J\x1b]0;x\x07\u202e\u009b31m\n\r"
# PR_SET_NAME: 15 bytes (proc_pid_comm(5)).
ctypes.CDLL(None).prctl(15, ODD.encode()[:15], 0, 0, 0)
path = os.path.join(sys.argv[1], "odd" + ODD)
file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
os.write(file, bytes(4 << 20))
shared, private = mmap.mmap(file, 0), mmap.mmap(file, 0, flags=mmap.MAP_PRIVATE)
os.unlink(path)
private[::4096] = shared[::4096]
if sys.argv[-1] == "--wait":
    os.write(1, (json.dumps({"ready": True, "pid": os.getpid()}) + "\n").encode())
    sys.stdin.buffer.read()
