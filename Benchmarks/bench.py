"""Measures what libsilt.so costs, as ratios from alternating runs, and prints one Markdown table.

    /usr/bin/python3 Benchmarks/bench.py --library PATH/libsilt.so [--silt PATH/silt] [--quick]

Every round runs the same work under glibc alone (A), under a library that only forwards (B, Benchmarks/forward) and
under libsilt.so (C), in the order A B C A B C …, so that a noisy minute falls on all three. A round gives one ratio;
the table has the median of the rounds and, in brackets, their lower and upper quartile. Nothing here fails on a slow
machine: the table says what was measured, and whether the median keeps the bound of the design.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MIB = 1 << 20


class Row:
    """A line of the table. `values` are one a round, in `unit`; the bound is on their median."""

    def __init__(self, what, against, values, unit, bound=None):
        self.what, self.against, self.values, self.unit, self.bound = what, against, values, unit, bound

    def __str__(self):
        low, median, high = quartiles(self.values)
        spread = self.show(median)
        if len(self.values) > 1:
            spread += f" ({self.show(low)} to {self.show(high)})"
        bound = "" if self.bound is None else self.show(self.bound)
        holds = "" if self.bound is None else "yes" if median <= self.bound else "**no**"
        return f"| {self.what} | {self.against} | {spread} | {bound} | {holds} |"

    def show(self, value):
        return f"{value:.2f}x" if self.unit == "x" else f"{value:.2f} {self.unit}"


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0], values[0]
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))


def build(folder):
    """Compiles what is beside this file; returns the paths."""
    made = {}
    for name, source, flags in [
        ("forward", "forward/forward.c", ["-shared", "-fPIC", "-fvisibility=hidden", "-fno-plt"]),
        ("churn", "workloads/churn.c", ["-pthread"]),
        ("resident", "workloads/resident.c", ["-pthread"]),
    ]:
        made[name] = os.path.join(folder, name + (".so" if "-shared" in flags else ""))
        subprocess.run(
            ["cc", "-O2", "-Wall", "-Wextra", *flags, os.path.join(HERE, source), "-o", made[name]], check=True
        )
    return made


def environment(library):
    """This process's own, with that library preloaded, and no other."""
    variables = {key: value for key, value in os.environ.items() if key != "LD_PRELOAD"}
    if library:
        variables["LD_PRELOAD"] = library
    return variables


def churn_rows(made, libraries, rounds, scale):
    """Ratios of the time of a malloc+free pair."""
    rows = []
    for mode, threads, pairs, bounds in [
        ("tight", 1, 20_000_000, (1.5, 1.35)),
        ("tight", 2, 15_000_000, (1.5, 1.35)),
        ("tight", 8, 4_000_000, (1.5, 1.35)),
        ("random", 1, 6_000_000, (None, 1.25)),
        ("random", 2, 4_000_000, (None, 1.25)),
        ("random", 8, 1_000_000, (None, 1.25)),
        ("cross", 2, 2_000_000, (None, None)),
    ]:
        command = [made["churn"], mode, str(threads), str(max(1, int(pairs * scale)))]
        times = alternate(libraries, rounds, lambda variables: pair_time(command, variables))
        alone, forward, silt = times
        names = {"tight": "tight malloc+free", "random": "random replacement", "cross": "producer and consumer"}
        what = f"{names[mode]}, {threads} thread{'s' if threads > 1 else ''}"
        rows.append(Row(what, "glibc alone", ratios(silt, alone), "x", bounds[0]))
        rows.append(Row(what, "forwarding only", ratios(silt, forward), "x", bounds[1]))
        tell(f"{what}: " + ", ".join(f"{statistics.median(each):.1f}" for each in times) + " ns (A, B, C)")
    return rows


def alternate(libraries, rounds, measure):
    """One list of measurements for each library, after one round that does not count."""
    series = [[] for _ in libraries]
    for round_number in range(rounds + 1):
        for each, library in zip(series, libraries):
            value = measure(environment(library))
            if round_number > 0:
                each.append(value)
    return series


def ratios(values, base):
    return [value / other for value, other in zip(values, base)]


def pair_time(command, variables):
    return float(subprocess.run(command, env=variables, check=True, capture_output=True, text=True).stdout)


def start_rows(libraries, rounds):
    """What the library adds to a process that does nothing."""

    def start(variables):
        begun = time.perf_counter()
        process = os.posix_spawn("/bin/true", ["/bin/true"], variables)
        status = os.waitpid(process, 0)[1]
        if status != 0:
            raise SystemExit(f"bench: /bin/true ended with status {status}")
        return (time.perf_counter() - begun) * 1e3

    alone, forward, silt = alternate(libraries, rounds, start)
    tell("start: " + ", ".join(f"{statistics.median(each):.3f}" for each in (alone, forward, silt)) + " ms (A, B, C)")
    added = [value - other for value, other in zip(silt, alone)]
    beyond = [value - other for value, other in zip(silt, forward)]
    what = "start of a process (/bin/true), added"
    return [Row(what, "glibc alone", added, "ms", 1.0), Row(what, "forwarding only", beyond, "ms")]


def report_rows(made, library, silt, times):
    """The observer's own row of the ledger, and how long it takes to read a process."""
    rows = []
    for mebibytes in (64, 1024):
        process = subprocess.Popen(
            [made["resident"], str(mebibytes)],
            env=environment(library), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        try:
            ready = json.loads(process.stdout.readline())
            report = json.loads(run_report(silt, ready["pid"]))
            own = sum(row["bytes"] for row in report["ledger"] if row["cause"] == "silt")
            bound = (0.001 * ready["live_bytes"] + (512 + 64) * 1024) / 1024
            what = f"`silt` row at {mebibytes} MiB of heap"
            rows.append(Row(what, "0.1 % + 512 KiB + 64 KiB", [own / 1024], "KiB", bound))
            if mebibytes == 1024:
                taken = [timed(lambda: run_report(silt, ready["pid"])) for _ in range(times)]
                rows.append(Row(f"`silt report` at {report['rss_bytes'] / MIB:.0f} MiB RSS", "", taken, "ms", 50.0))
        finally:
            process.stdin.close()
            process.wait()
    return rows


def run_report(silt, pid):
    return subprocess.run([silt, "report", str(pid), "--json"], check=True, capture_output=True, text=True).stdout


def timed(work):
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1e3


def tell(line):
    print(line, file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(description="Measures what libsilt.so costs.")
    parser.add_argument("--library", required=True, help="path of libsilt.so")
    parser.add_argument("--silt", help="path of silt; without it, what needs a report is left out")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--starts", type=int, default=400)
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, to try the runner")
    options = parser.parse_args()
    rounds, starts, scale = options.rounds, options.starts, 1.0
    library = os.path.abspath(options.library)
    for path in filter(None, [library, options.silt]):
        if not os.path.exists(path):  # The loader only warns of it, and the table would compare glibc with itself.
            parser.error(f"{path} does not exist")
    if options.quick:
        rounds, starts, scale = min(rounds, 3), min(starts, 40), 0.1

    with tempfile.TemporaryDirectory(prefix="silt-bench.") as folder:
        made = build(folder)
        libraries = [None, made["forward"], library]
        rows = churn_rows(made, libraries, rounds, scale) + start_rows(libraries, starts)
        if options.silt:
            rows += report_rows(made, library, os.path.abspath(options.silt), 10)
    print(f"{os.cpu_count()} CPUs, Linux {os.uname().release}, {os.confstr('CS_GNU_LIBC_VERSION')}, {rounds} rounds\n")
    print("| what | against | measured (quartiles) | bound | holds |")
    print("|---|---|---|---|---|")
    print("\n".join(str(row) for row in rows))


main()
