"""What a scenario is, and the list that every file of scenarios adds to."""

import contextlib

from torture.processes import Failed, environment, run
from torture.reports import Checker

SCENARIOS = []


def scenario(name, long_only=False):
    """Adds a function to the list. It takes a Bench and returns what its line shall say, or nothing."""

    def add(function):
        SCENARIOS.append((name, function, long_only))
        return function

    return add


class Bench:
    """What a scenario works with."""

    def __init__(self, programs, library, reporter, seed, long, folder, segments):
        self.programs, self.library, self.reporter = programs, library, reporter
        self.seed, self.long, self.folder = seed, long, folder
        self.segments = segments  # a directory on tmpfs

    def environment(self, **more):
        """That of a program under the library."""
        return environment(self.library, **{"SILT_DIR": self.segments, **more})

    def compare(self, name, *arguments, status=0, checker=None, variables=None, **options):
        """Runs a program without and with the library: output and status must be the same, and the status that one."""
        command = [self.programs[name], *map(str, arguments)]
        more = variables or {}
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
