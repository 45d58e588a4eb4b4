"""A parent that holds 24 MB and forks children while its other threads allocate; each child holds 8 MB of its own."""

import json
import os
import sys
import threading

CHILDREN = 3
BLOCK = 4000


def hold(count):
    return [bytes(BLOCK) for _ in range(count)]


def churn():
    while not stopping.is_set():
        hold(50)


stopping = threading.Event()
held = hold(6000)
threads = [threading.Thread(target=churn) for _ in range(2)]
for thread in threads:
    thread.start()

children = []
for _ in range(CHILDREN):
    child = os.fork()
    if child == 0:
        own = hold(2000)
        os.write(1, (json.dumps({"ready": True, "pid": os.getpid()}) + "\n").encode())
        sys.stdin.buffer.read()
        os._exit(0)
    children.append(child)

stopping.set()
for thread in threads:
    thread.join()
os.write(1, (json.dumps({"ready": True, "pid": os.getpid()}) + "\n").encode())
sys.stdin.buffer.read()
for child in children:
    os.waitpid(child, 0)
