"""Tests that the plugin of Examples/ci is to pass, to stop, or to call unusable, as the first word of a name says."""
import ctypes

import pytest

kept = []
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]


def blocks(count, size):
    """Blocks of malloc's, each page of them touched."""
    made = [libc.malloc(size) for _ in range(count)]
    for block in made:
        libc.memset(block, 1, size)
    return made


def pinned():
    """8 MiB of free pages below a block that is kept."""
    made = blocks(8192, 1016)
    kept.extend(blocks(1, 100_000))
    return made


@pytest.mark.silt(live="1 MiB", retained="1 MiB", fragmented="1 MiB", kept=1 << 20, free="1 MiB", rss="8 MiB")
def test_pass_nothing():
    pass


@pytest.mark.silt(live="4 mb")
def test_pass_within():
    kept.extend(blocks(2048, 1016))


@pytest.mark.silt(live="1 MiB")
def test_pass_frees():
    for block in blocks(8192, 1016):
        libc.free(block)


@pytest.mark.silt(live="4 MiB", retained="1 GiB")
def test_fail_live():
    kept.extend(blocks(8192, 1016))


@pytest.mark.silt(retained="4 MiB")
def test_fail_retained():
    for block in pinned():
        libc.free(block)


@pytest.mark.silt(fragmented="4 MiB")
def test_fail_fragmented():
    for place, block in enumerate(pinned()):
        if place % 4:
            libc.free(block)


@pytest.mark.silt(growth="1 KiB")
def test_fail_growth(silt):
    for _ in silt.rounds(5):
        kept.extend(blocks(100, 1016))


@pytest.mark.silt(growth="1 KiB")
def test_fail_first_loop(silt):
    for _ in silt.rounds(5):
        kept.extend(blocks(100, 1016))
    for _ in silt.rounds(5):
        pass


@pytest.mark.silt(growth="1 KiB")
def test_pass_growth(silt):
    for _ in silt.rounds(5):
        for block in blocks(100, 1016):
            libc.free(block)


@pytest.mark.silt(growth="1 KiB")
def test_fail_unmeasured_growth():
    pass


@pytest.mark.silt(live="1 MiB")
def test_fail_by_itself():
    kept.extend(blocks(8192, 1016))
    assert False


@pytest.mark.silt(retaind="1 MiB")
def test_error_unknown():
    pass


@pytest.mark.silt(live="1 MX")
def test_error_unit():
    pass


@pytest.mark.silt
def test_error_empty():
    pass


def test_pass_unmarked(silt):
    silt.mark("here")
    kept.extend(blocks(8192, 1016))
