"""Forks and all other ways to start a process."""

import os
import shutil
import subprocess

from torture.processes import Failed
from torture.reports import Checker
from torture.scenario import scenario


@scenario("forks from a process at full load")
def forks(bench):
    checker = Checker(bench.reporter, allowed=["fork-inexact"])
    count, every = bench.amount((100, 19), (600, 59), (10000, 97))
    # 20 forks a second on a machine with other work to do; each copies the books, and is waited for.
    return bench.checked("forks", bench.seed, count, every, checker=checker, seconds=600 + count // 2)


@scenario("vfork, posix_spawn, system, clone")
def spawns(bench):
    def raw_clone_is_flagged(check, report):
        if (check.label == "raw clone") != ("fork-inexact" in report["coverage"]["degraded"]):
            raise Failed(f"at '{check.label}': degraded is {report['coverage']['degraded']}")

    checker = Checker(bench.reporter, allowed=["fork-inexact"], inspect=raw_clone_is_flagged)
    return bench.checked("spawns", checker=checker)


@scenario("every descriptor closed, own files under the same numbers")
def descriptors(bench):
    folder = os.path.join(bench.folder, "files")
    os.mkdir(folder)
    try:
        bench.compare("descriptors", folder)
    finally:
        shutil.rmtree(folder)


@scenario("many processes at once")
def many(bench):
    """Each checks its own memory; the directory of the segments is the busiest then."""
    count = bench.amount(64, 128, 1024)
    variables = bench.environment()
    command = [bench.programs["forks"], str(bench.seed), "2", "10000"]
    running = []
    try:
        for _ in range(count):
            running.append(
                subprocess.Popen(command, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT)
            )
        for process in running:
            output = process.communicate(timeout=300)[0]
            if process.returncode != 0 or b"status 3: 1\nstatus 4: 1\n0 blocks left" not in output:
                raise Failed(f"one of {count} ended with {process.returncode}: {output[-300:].decode()}")
    finally:
        for process in running:
            process.kill()
            process.wait()
            process.stdout.close()
