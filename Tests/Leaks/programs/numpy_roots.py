"""The roots of a polynomial: assigning to a slice of .flat leaks the iterator in NumPy 2.4.0."""
import sys

import numpy


def solve():
    return numpy.roots([3.2, 2, 1])


for count in sys.stdin:
    for _ in range(int(count)):
        solve()
    print("done", flush=True)
