"""A nightly job in miniature: reads batches of records, counts, and renders a summary.

REGRESSION in the environment seeds one of three bugs: retention, fragmentation or leak.
"""
import ctypes
import os

REGRESSION = os.environ.get("REGRESSION")
BATCHES = 8
RECORDS = 1000

counts = {}
heads = []
seen = []
summary = None


def mark(name):
    """A full reading under this name, where the process is recorded."""
    try:
        ctypes.CDLL(None).silt_mark(name.encode())
    except AttributeError:
        pass


def read(number):
    """One record, of 3.5 KB: what is more than 512 bytes comes from malloc, and not from Python's own arenas."""
    return (b"%06d " % number) * 500


def count(record):
    word = record[:3]
    counts[word] = counts.get(word, 0) + 1


def run_batch(batch):
    numbers = range(batch * RECORDS, (batch + 1) * RECORDS)
    if REGRESSION == "fragmentation":
        # The whole batch is held, and of each record a copy of its head is kept. The records are freed; the copies lie
        # between them, and pin their pages.
        records = []
        for number in numbers:
            records.append(read(number))
            heads.append(bytearray(records[-1][:600]))
    else:
        records = map(read, numbers)
    for record in records:
        count(record)
        if REGRESSION == "leak":
            # Nobody ever asks for it again.
            seen.append(record[:1000])


def render():
    global summary
    lines = map(read, range(BATCHES * RECORDS))
    if REGRESSION == "retention":
        # All lines are held before the first is written. The summary then lies above what they leave, so that glibc
        # cannot give it back by itself.
        lines = list(lines)
    size = sum(len(line) for line in lines)
    summary = bytearray(size // 500)


def main():
    # What a finding says grew, grew since the first mark.
    mark("start")
    run_batch(0)
    mark("warm")
    for batch in range(1, BATCHES):
        run_batch(batch)
        mark("batch")
    mark("read")
    render()
    mark("rendered")


if __name__ == "__main__":
    main()
