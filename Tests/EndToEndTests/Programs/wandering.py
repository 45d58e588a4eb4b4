"""Changes its root directory and its mount namespace all the time, over its segment too. The argument is a directory."""

import ctypes
import json
import os
import select
import sys

# unshare(2): CLONE_NEWNS; mount(2): MS_BIND, MS_REC | MS_PRIVATE.
libc = ctypes.CDLL(None)
root, folder = os.open("/", os.O_RDONLY), sys.argv[1].encode()
ready = libc.unshare(0x20000) == 0 and libc.mount(b"none", b"/", None, 0x44000, None) == 0
os.write(1, (json.dumps({"ready": ready, "pid": os.getpid()}) + "\n").encode())
while ready and not select.select([0], [], [], 0)[0]:
    os.chroot(folder)
    os.fchdir(root)
    os.chroot(".")
    libc.mount(b"/proc", folder, None, 0x1000, None)
    libc.umount2(folder, 2)
    libc.unshare(0x20000)
sys.stdin.buffer.read()
