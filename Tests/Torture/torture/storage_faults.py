"""What happens to the segment's directory and file: the program must not notice, the report must say what was lost."""

import os
import random

from torture.processes import Failed, Skipped, environment, run
from torture.reports import Checker, degraded
from torture.scenario import failing_with, scenario

PROGRAM = ("threads", 4, 300, 8)


def command(bench):
    return [bench.programs[PROGRAM[0]], str(bench.seed), *map(str, PROGRAM[1:])]


def compare_under(bench, script, expected, at_start=None, below=""):
    """Runs the program in a mount namespace of its own, prepared by a shell script that knows $DIRECTORY.

    `expected` are the sets of reasons of which the last report may give one; `at_start` is called with the program's pid;
    the segment goes to what is `below` $DIRECTORY.
    """
    directory = os.path.join(bench.folder, "segments")
    os.makedirs(directory, exist_ok=True)
    seen = []

    def on_check(check):
        report = bench.reporter.take(check.pid, "--stop")
        seen.append(degraded(report))
        if check.label == "start" and at_start:
            at_start(check.pid, directory)

    outcomes = []
    for library in (None, bench.library):
        preload = f"LD_PRELOAD='{library}' SILT_DIR='{directory}{below}'" if library else ""
        whole = f"set -e\n{script}\nexec env {preload} \"$@\""
        line = ["unshare", "-m", "sh", "-c", whole, "sh", *command(bench)]
        outcomes.append(run(line, environment(None, DIRECTORY=directory), on_check=on_check if library else None))
    if outcomes[0].status != 0:
        raise Skipped(f"cannot prepare: {outcomes[0].errors.decode().strip()}")
    if outcomes[0] != outcomes[1]:
        raise Failed(outcomes[0].difference(outcomes[1]))
    if seen[-1] not in expected:
        raise Failed(f"the report says {sorted(seen[-1])}")


NONE = [{"segment-missing"}]
# Books that were given up in the middle of other threads' work can be torn.
FULL = [{"storage-full", "books-stopped"}, {"storage-full", "books-stopped", "torn"}]


@scenario("the segment's directory is missing, read-only, small, full")
def directories(bench):
    for name, script, expected in (
        ("missing", "", NONE),
        ("a file", "mount -t tmpfs none $DIRECTORY; : > $DIRECTORY/missing", NONE),
        ("read-only", "mount -t tmpfs -o ro none $DIRECTORY", NONE),
        ("64 KiB", "mount -t tmpfs -o size=64k none $DIRECTORY", FULL + NONE),
        ("two inodes", "mount -t tmpfs -o nr_inodes=1 none $DIRECTORY", NONE),
        ("full", "mount -t tmpfs -o size=1m none $DIRECTORY; head -c 2000000 /dev/zero > $DIRECTORY/full || true", NONE),
    ):
        with failing_with(name):
            compare_under(bench, script, expected, below="/missing" if name in ("missing", "a file") else "")


def fill_up(pid, directory):
    """Writes into the program's own view of the directory until nothing more fits."""
    try:
        with open(f"/proc/{pid}/root{directory}/filler", "wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
    except OSError:
        pass


@scenario("the segment's directory is filled while the program runs")
def filled(bench):
    compare_under(bench, "mount -t tmpfs -o size=2m none $DIRECTORY", FULL, at_start=fill_up)


def segment_of(pid):
    with open(f"/proc/{pid}/maps") as maps:
        return next(line.split()[-1] for line in maps if "/silt-" in line and " rw-s " in line)


@scenario("the segment is deleted while in use")
def deleted(bench):
    def inspect(check, report):
        if check.label == "start":
            os.unlink(segment_of(check.pid))

    checker = Checker(bench.reporter, allowed=["segment-unreadable"], inspect=inspect)
    bench.checked(*PROGRAM[:1], bench.seed, *PROGRAM[1:], checker=checker)
    if checker.inexact == 0:
        raise Failed("no report says that the segment cannot be read")


class Scribbler:
    """At every checkpoint: takes reports that must be whole in themselves, then writes garbage over parts of the file."""

    exact, inexact = 0, 1

    def __init__(self, bench, spares_header):
        self.bench, self.first = bench, 4096 if spares_header else 0
        self.random = random.Random(bench.seed)

    def __call__(self, check):
        path = segment_of(check.pid)
        for _ in range(4):
            with open(path, "r+b", buffering=0) as file:
                # The tables end at about 3.3 MB; the counters follow. Never beyond the end: the file keeps its size.
                for _ in range(20):
                    file.seek(self.random.randrange(self.first, 3_500_000))
                    file.write(self.random.randbytes(self.random.choice((8, 64, 5000, 60000))))
                if not self.first:
                    file.seek(0)
                    file.write(self.random.randbytes(4096))
            self.bench.reporter.take(check.pid, *self.random.choice(((), ("--stop",))))


@scenario("the segment is overwritten while in use")
def overwritten(bench):
    for spares_header in (False, True):
        with failing_with("tables" if spares_header else "everything"):
            checker = Scribbler(bench, spares_header)
            bench.checked(*PROGRAM[:1], bench.seed, *PROGRAM[1:], checker=checker)
            bench.checked("forks", bench.seed, 20, 5, checker=checker)
