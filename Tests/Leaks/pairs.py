"""Releases with a known leak, and those that fixed it: README.md has the sources."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Pair:
    package: str
    leaky: str
    fixed: str
    program: str  # in programs/: the same for both releases
    calls: int  # between two looks
    leak: int  # bytes of heap that the leaky release keeps of each call, measured; headers included
    site: tuple  # (file, function) that is to be named
    module: str  # a part of the path of the extension module on the stack
    builds: bool = False  # there are no wheels for this interpreter: pip compiles it


PAIRS = (
    Pair("ujson", "5.12.0", "5.12.1", "ujson_dump.py", 700, 61_968, ("ujson_dump.py", "save"), "/ujson."),
    Pair("nh3", "0.2.18", "0.2.19", "nh3_clean.py", 3_000, 13_200, ("nh3_clean.py", "clean"), "/nh3.abi3.so"),
    Pair(
        "numpy", "2.4.0", "2.4.1", "numpy_roots.py", 15_000, 2_736, ("_twodim_base_impl.py", "diag"),
        "/_multiarray_umath."),
    Pair(
        "lz4", "4.0.1", "4.0.2", "lz4_decompress.py", 400, 200_704, ("lz4_decompress.py", "read"), "/_frame.",
        builds=True),
)
