"""The Python row: JSON, dictionaries and lists made, changed and dropped, some 3 s of it. Prints a sum.

    python_churn.py [TURNS]
"""

import json
import sys


def turn(seed):
    rows = []
    for i in range(6000):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        rows.append({"id": i, "name": "n" * (seed % 50), "tags": [seed % 7, str(seed % 1000)], "x": seed / 3.0})
    text = json.dumps(rows)
    back = json.loads(text)
    groups = {}
    for row in back:
        groups.setdefault(row["tags"][0], []).append(row["name"] + row["tags"][1])
    lists = [list(range(j % 800)) for j in range(2000)]
    del lists[::2]
    buffers = [bytearray(200 + seed % (j + 1) * 11) for j in range(1500)]
    return len(text) + sum(map(len, groups.values())) + sum(map(len, lists)) + sum(map(len, buffers)), seed


def main():
    total, seed = 0, 1
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 50):
        size, seed = turn(seed)
        total += size
    print(total)


main()
