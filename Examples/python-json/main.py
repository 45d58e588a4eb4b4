"""A worker that loads and dumps big JSON documents, drops them, and keeps a little of each."""

import json
import os
import random
import sys
import time

DOCUMENTS = 6
RECORDS = 20_000
KEPT_OF_EACH = 2


def document(seed):
    """The text of a document of about 24 MB: records with a body that is too large for CPython's own allocator."""
    rng = random.Random(seed)
    return json.dumps(
        [{"id": i, "score": rng.random(), "body": "x" * rng.randrange(600, 1800)} for i in range(RECORDS)]
    )


def say(line):
    os.write(1, (json.dumps(line) + "\n").encode())


def main():
    if "--trim" in sys.argv:
        import ctypes

        trim = ctypes.CDLL(None).malloc_trim
    if "--gate" in sys.argv:
        say({"begun": True, "pid": os.getpid()})
        while os.read(0, 1) not in (b"\n", b""):
            pass

    kept = []
    texts = [document(seed) for seed in range(DOCUMENTS)]
    documents = [json.loads(text) for text in texts]
    for records in documents:
        kept += records[-KEPT_OF_EACH:]
    del texts, documents, records

    say({"ready": True, "pid": os.getpid(), "live_bytes": None, "live_blocks": None, "in_use_bytes": None})
    if "--wait" not in sys.argv and "--trim" not in sys.argv:
        time.sleep(0.3)
        return
    while line := os.read(0, 64):
        if "--trim" in sys.argv and b"\n" in line:
            trim(0)
            say({"trimmed": True})


main()
# As multiprocessing's workers leave: finalization would free what is kept, and with it the way back to the kernel.
os._exit(0)
