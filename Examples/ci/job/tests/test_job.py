"""Tests of the job that also say what it may leave behind: see ../../pytest_silt.py."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import job


@pytest.mark.silt(retained="1 MiB", live="1 MiB")
def test_renders():
    job.render()
    assert job.summary


@pytest.mark.silt(fragmented="1 MiB")
def test_reads_a_batch():
    job.run_batch(0)
    assert job.counts


@pytest.mark.silt(growth="4 KiB")
def test_batch_after_batch(silt):
    for batch in silt.rounds(6):
        job.run_batch(batch)
        silt.mark("batch")
