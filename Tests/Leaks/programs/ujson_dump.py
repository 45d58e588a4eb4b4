"""A file that cannot be written: the text that was made for it is kept for ever by ujson before 5.12.1."""
import sys

import ujson


class Full:
    def write(self, text):
        raise OSError(28, "No space left on device")


rows = [{"id": index, "name": "x" * 40} for index in range(1000)]


def save():
    try:
        ujson.dump(rows, Full())
    except OSError:
        pass


for count in sys.stdin:
    for _ in range(int(count)):
        save()
    print("done", flush=True)
