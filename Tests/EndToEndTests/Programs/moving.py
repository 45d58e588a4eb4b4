"""Moves its heap for some seconds, then waits: moving.py COURSE, which is

    leak    keeps all that it allocates, 10 MiB a second
    queue   fills to 20 MiB and is emptied, again and again
    burst   fills to 60 MiB, and drops all but one block in a hundred; what it does from then on leaves nothing behind
"""

import json
import os
import sys
import time


def make(count):
    return [bytes(1000) for _ in range(count)]


def main():
    course, held = sys.argv[1], []
    if course == "burst":
        held = make(60_000)[::100]
    for turn in range(180):
        if course == "burst":
            make(100)
        else:
            held += make(500)
        time.sleep(0.05)
        if course == "queue" and len(held) >= 20_000:
            held = []
    print(json.dumps({"ready": True, "pid": os.getpid(), "live_bytes": 0, "live_blocks": 0}), flush=True)
    sys.stdin.read()


main()
