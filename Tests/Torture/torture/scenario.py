"""What a scenario is, and the list that every file of scenarios adds to."""

import contextlib
import zlib

from torture.processes import Failed, environment, run
from torture.reports import Checker

SCENARIOS = []


def scenario(name):
    """Adds a function to the list. It takes a Bench and returns what its line shall say, or nothing."""

    def add(function):
        SCENARIOS.append((name, function))
        return function

    return add


class Bench:
    """What a scenario works with."""

    def __init__(self, programs, library, reporter, seed, length, folder, segments):
        self.programs, self.library, self.reporter = programs, library, reporter
        self.seed, self.length, self.folder = seed, length, folder
        self.segments = segments  # a directory on tmpfs

    def amount(self, quick, normal, long):
        """How much of something is tried in this version."""
        return {"quick": quick, "normal": normal, "long": long}[self.length]

    def environment(self, **more):
        """That of a program under the library."""
        return environment(self.library, **{"SILT_DIR": self.segments, **more})

    def rate(self, name):
        """Bytes between samples, another one for each program and seed: every allocation, many, as by default."""
        return ("1", "4096", "")[(self.seed + zlib.crc32(name.encode())) % 3]

    def compare(self, name, *arguments, status=0, checker=None, variables=None, **options):
        """Runs a program without and with the library: output and status must be the same, and the status that one."""
        command = [self.programs[name], *map(str, arguments)]
        more = {"SILT_SAMPLE": self.rate(name), **(variables or {})}
        without = run(command, environment(None, **more), **options)
        checker = checker or Checker(self.reporter)
        preloaded = run(command, self.environment(**more), on_check=checker, **options)
        difference = without.difference(preloaded)
        if difference:
            raise Failed(difference)
        if without.status != status:
            raise Failed(f"the program itself ends with {without.status}: {without.output.decode()[-300:]}")
        if b"not so:" in without.output:
            raise Failed("the program itself fails: " + without.output.decode()[-300:])
        return checker

    def checked(self, name, *arguments, **options):
        """The same, for a program that has checkpoints: they must have been read."""
        checker = self.compare(name, *arguments, **options)
        if checker.exact + checker.inexact == 0:
            raise Failed("no checkpoint was read")
        said = f"{checker.exact} exact reports"
        return said + (f", {checker.inexact} flagged" if checker.inexact else "")


@contextlib.contextmanager
def failing_with(prefix):
    try:
        yield
    except Failed as error:
        raise Failed(f"{prefix}: {error}") from None
