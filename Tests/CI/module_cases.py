"""More of cases.py, under a marker of the module."""
import pytest
from cases import blocks, kept

pytestmark = pytest.mark.silt(live="1 MiB", retained="1 GiB")


def test_fail_module():
    kept.extend(blocks(8192, 1016))


@pytest.mark.silt(live="64 MiB")
def test_pass_module_wider():
    kept.extend(blocks(8192, 1016))


class TestInModule:
    @pytest.mark.silt(retained="2 GiB")
    def test_fail_module_other_limit(self):
        kept.extend(blocks(8192, 1016))
