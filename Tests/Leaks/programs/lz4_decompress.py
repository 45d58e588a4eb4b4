"""A damaged frame: whoever decompresses it gets an error, and lz4 before 4.1.0 keeps its decoder and buffers."""
import sys

import lz4.frame

frame = bytearray(lz4.frame.compress(b"some text " * 20000, block_size=lz4.frame.BLOCKSIZE_MAX64KB))
frame[15:60] = bytes(45)  # A match at the distance 0, which none can have.


def read():
    try:
        lz4.frame.decompress(bytes(frame))
    except RuntimeError as error:
        return str(error)
    raise SystemExit("the frame was not damaged")


for count in sys.stdin:
    for _ in range(int(count)):
        read()
    print("done", flush=True)
