"""Tests that the plugin of Examples/ci is to pass, to stop, or to call unusable, as the first word of a name says."""
import ctypes
import os
import unittest

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


@pytest.mark.silt(growth="1 MiB")
def test_fail_unmeasured_break(silt):
    for _ in silt.rounds(5):
        pass
    for _ in silt.rounds(5):
        break


def test_pass_unmarked_rounds(silt):
    silt._reader = None
    assert list(silt.rounds(3)) == [0, 1, 2]


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


# What counts ----------------------------------------------------------------------------------------------------------


@pytest.mark.silt(mappings="4 MiB")
def test_fail_small_objects():
    kept.append([(number, number + 1) for number in range(100_000)])


@pytest.fixture
def costly():
    kept.extend(blocks(8192, 1016))
    yield []
    kept.extend(blocks(8192, 1016))


@pytest.mark.silt(live="1 MiB")
def test_pass_fixture(costly):
    pass


@pytest.mark.silt(live="1 MiB")
def test_fail_body_into_fixture(costly):
    costly.append(bytearray(8 << 20))


class TestOfUnittest(unittest.TestCase):
    def setUp(self):
        kept.extend(blocks(8192, 1016))

    @pytest.mark.silt(live="1 MiB")
    def test_fail_unittest(self):
        pass

    @pytest.mark.silt(live="1 MiB")
    def test_fail_unittest_by_itself(self):
        self.fail("by itself")


def child():
    """The status of a child that took 8 MiB."""
    pid = os.fork()
    if not pid:
        blocks(8192, 1016)
        os._exit(7)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.silt(live="1 MiB")
def test_pass_child():
    assert child() == 7


@pytest.mark.silt(live="1 MiB")
def test_fail_beside_child():
    kept.extend(blocks(8192, 1016))
    assert child() == 7


# Expected to fail -----------------------------------------------------------------------------------------------------


@pytest.mark.xfail
@pytest.mark.silt(live="1 MiB")
def test_xfail_live():
    kept.extend(blocks(8192, 1016))


@pytest.mark.xfail(strict=True)
@pytest.mark.silt(live="1 MiB")
def test_xfail_strict():
    kept.extend(blocks(8192, 1016))


@pytest.mark.xfail
@pytest.mark.silt(live="1 MiB")
def test_xfail_by_itself():
    assert False


@pytest.mark.xfail
@pytest.mark.silt(live="1 MiB")
def test_pass_unexpectedly():
    pass


@pytest.mark.xfail(strict=True)
@pytest.mark.silt(live="1 MiB")
def test_fail_strict():
    pass


@pytest.mark.xfail(raises=OSError)
@pytest.mark.silt(live="1 MiB")
def test_fail_other_than_expected():
    kept.extend(blocks(8192, 1016))


@pytest.mark.xfail
@pytest.mark.silt(growth="1 KiB")
def test_fail_expected_but_unmeasured():
    pass


@pytest.mark.xfail
@pytest.mark.silt(retaind="1 MiB")
def test_error_expected_but_unknown():
    pass


# Several markers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [600, 600, 600])
@pytest.mark.silt(live="1 MiB")
def test_pass_each_parameter(count):
    kept.extend(blocks(count, 1016))


@pytest.mark.parametrize("count", [pytest.param(8192, marks=pytest.mark.silt(live="64 MiB"))])
@pytest.mark.silt(live="1 MiB")
def test_pass_parameter_wider(count):
    kept.extend(blocks(count, 1016))


@pytest.mark.parametrize("count", [pytest.param(8192, marks=pytest.mark.silt(live="1 MiB"))])
@pytest.mark.silt(live="64 MiB")
def test_fail_parameter_tighter(count):
    kept.extend(blocks(count, 1016))


@pytest.mark.silt(live="64 MiB")
@pytest.mark.silt(live="1 MiB")
@pytest.mark.silt(live="64 MiB")
def test_fail_tightest():
    kept.extend(blocks(8192, 1016))


@pytest.mark.silt(live="1 MiB")
class TestMarked:
    def test_fail_class(self):
        kept.extend(blocks(8192, 1016))

    @pytest.mark.silt(live="64 MiB")
    def test_pass_class_wider(self):
        kept.extend(blocks(8192, 1016))

    @pytest.mark.silt(retained="1 GiB")
    def test_fail_class_other_limit(self):
        kept.extend(blocks(8192, 1016))


@pytest.mark.silt(live="64 MiB")
class Base:
    pass


@pytest.mark.silt(live="1 MiB")
class TestDerivedTighter(Base):
    def test_fail_derived(self):
        kept.extend(blocks(8192, 1016))


# Markers that cannot be used ------------------------------------------------------------------------------------------


@pytest.mark.silt("8 MiB")
def test_error_unnamed():
    pass


@pytest.mark.silt(live=-1)
def test_error_negative():
    pass


@pytest.mark.silt(live=True)
def test_error_truth():
    pass


@pytest.mark.silt(live="8")
def test_error_unitless():
    pass


@pytest.mark.silt(live="1.5 TiB", rss="1pb", retained=" 2 GB ")
def test_pass_units():
    pass
