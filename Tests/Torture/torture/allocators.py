"""Allocators that are not glibc's: in the program, preloaded before the library, preloaded behind it."""

from torture.processes import Failed, environment, run
from torture.reports import degraded, row
from torture.scenario import failing_with, scenario

HELD_BYTES = 64 * 1000
RATES = ("1", "524288", "0")


def compare(bench, command, before, behind, inspect):
    """Runs a program under other libraries, without and with ours among them; `inspect` gets the report."""
    seen = []

    def on_check(check):
        report = bench.reporter.take(check.pid, "--stop")
        inspect(report)
        if report["tunables"] is not None or row(report, "heap.retained") + row(report, "heap.kept") > 0:
            raise Failed("it says something of glibc's arenas or settings")
        if row(report, "unexplained") > 64 << 10:
            raise Failed(f"{row(report, 'unexplained')} bytes are unexplained")
        seen.append(report)

    for rate in RATES:
        with failing_with(f"SILT_SAMPLE={rate}"):
            without = run(command, environment(None, LD_PRELOAD=":".join(before + behind)), seconds=60)
            preload = ":".join([*before, bench.library, *behind])
            preloaded = run(command, bench.environment(SILT_SAMPLE=rate, LD_PRELOAD=preload), on_check=on_check, seconds=60)
            if without.status != 0 or without.difference(preloaded):
                raise Failed(without.difference(preloaded) or f"the program itself ends with {without.status}")
    if len(seen) != len(RATES):
        raise Failed(f"{len(seen)} reports were taken")


def is_bypassed(name):
    def inspect(report):
        if degraded(report) != {"bypassed"} or report["process"]["allocator"] != name:
            raise Failed(f"the report says {sorted(degraded(report))} of {report['process']['allocator']}")
        if report["heap"]["live_bytes"] != 0:
            raise Failed(f"{report['heap']['live_bytes']} bytes are said to be live")

    return inspect


@scenario("an allocator of the program's own that maps memory under its lock")
def own_allocator(bench):
    compare(bench, [bench.programs["own-malloc"], str(bench.seed)], [], [], is_bypassed("own-malloc"))


@scenario("the same, preloaded before the library")
def allocator_before(bench):
    command = [bench.programs["churn"], str(bench.seed)]
    compare(bench, command, [bench.programs["own-malloc-module"]], [], is_bypassed("own-malloc-module.so"))


@scenario("the same, preloaded behind the library, under glibc's inner names")
def allocator_behind(bench):
    def inspect(report):
        if degraded(report) != {"other-allocator"} or report["process"]["allocator"] != "own-malloc-module.so":
            raise Failed(f"the report says {sorted(degraded(report))} of {report['process']['allocator']}")
        # Beyond what the program holds: what libc keeps for the threads that were (malloc_usable_size is exact here).
        beyond = report["heap"]["live_bytes"] - HELD_BYTES
        if not 0 <= beyond <= 16384:
            raise Failed(f"{report['heap']['live_bytes']} bytes are said to be live, of {HELD_BYTES}")

    command = [bench.programs["churn"], str(bench.seed)]
    compare(bench, command, [], [bench.programs["own-malloc-module"]], inspect)
