"""Measures what libsilt.so costs, as ratios from alternating runs, beside its peers; prints one Markdown table.

    /usr/bin/python3 Benchmarks/bench.py --library PATH/libsilt.so [--silt PATH/silt] [--quick] [--only PART ...]

Every round runs the same work under glibc alone, under a library that only forwards (Benchmarks/forward), under
libsilt.so and under each peer (subjects.py), one after the other, so that a noisy minute falls on all. A round gives one
ratio; the table has the median of the rounds and, in brackets, their lower and upper quartile. Nothing here fails on a
slow machine: the table says what was measured, and whether the median keeps the bound of the design. Debian's packages
for the peers are installed with --install, as root; what is missing is skipped by name.
"""

import argparse
import datetime
import os
import platform
import re
import statistics
import subprocess
import tempfile
import time

from measure import Row, Sample, alternate, compare, tell
from programs import program_rows
from subjects import Subject, peers
from targets import pause_rows, report_rows, thread_rows

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = (
    "heaptrack libc-devtools libjemalloc2 libgoogle-perftools4 python3-venv valgrind redis-server redis-tools sqlite3"
).split()
PARTS = ["churn", "start", "programs", "reports", "pauses", "threads"]


def build(folder):
    """Compiles what is beside this file; returns the paths."""
    made = {}
    for name, source, flags in [
        ("forward", "forward/forward.c", ["-shared", "-fPIC", "-fvisibility=hidden", "-fno-plt"]),
        ("churn", "workloads/churn.c", ["-pthread"]),
        ("resident", "workloads/resident.c", ["-pthread"]),
        ("pause", "workloads/pause.c", ["-pthread"]),
        ("many", "workloads/many.c", ["-pthread"]),
        ("launch", "workloads/launch.c", []),
    ]:
        made[name] = os.path.join(folder, name + (".so" if "-shared" in flags else ""))
        subprocess.run(
            ["cc", "-O2", "-Wall", "-Wextra", *flags, os.path.join(HERE, source), "-o", made[name]], check=True
        )
    return made


def churn_rows(made, main, others, rounds, scale, cpu):
    """Ratios of the time of a malloc+free pair; of processor time where the machine is shared."""
    rows = []
    names = {"tight": "tight malloc+free", "random": "random replacement", "cross": "producer and consumer"}
    for mode, threads, pairs, bounds in [
        ("tight", 1, 20_000_000, (1.5, 1.35)),
        ("tight", 2, 15_000_000, (1.5, 1.35)),
        ("tight", 8, 4_000_000, (1.5, 1.35)),
        ("random", 1, 6_000_000, (None, 1.25)),
        ("random", 2, 4_000_000, (None, 1.25)),
        ("random", 8, 1_000_000, (None, 1.25)),
        ("cross", 2, 2_000_000, (None, None)),
        ("cross", 8, 500_000, (None, None)),
    ]:

        def pair_time(subject):
            count = max(1000, int(pairs * scale * subject.share))
            done = subprocess.run([*subject.launcher, made["churn"], mode, str(threads), str(count)],
                                  env=subject.environment(), check=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)
            # A profiler's script may say something before and after.
            wall, peak, processor = re.search(r"^(\S+) (\d+) (\S+)$", done.stdout, re.MULTILINE).groups()
            return Sample(float(processor if cpu else wall), peak=int(peak))

        subjects = main + others
        series = alternate(subjects, rounds, pair_time)
        what = f"{names[mode]}, {threads} thread{'s' if threads > 1 else ''}" + (", CPU time" if cpu else "")
        tell(f"{what}: " + ", ".join(
            f"{subject.name} {statistics.median(sample.value for sample in each):.1f} ns"
            for subject, each in zip(subjects, series)))
        rows += compare(what, subjects, series, {"silt": bounds[0]})
        rows += compare(what, subjects, series, {"silt": bounds[1]}, base=1, only=["silt"])
    return rows


def start_rows(main, rounds):
    """What the library adds to a process that does nothing."""

    def start(subject):
        variables = subject.environment()
        begun = time.perf_counter()
        process = os.posix_spawn("/bin/true", ["/bin/true"], variables)
        status = os.waitpid(process, 0)[1]
        if status != 0:
            raise SystemExit(f"bench: /bin/true ended with status {status}")
        return Sample((time.perf_counter() - begun) * 1e3)

    alone, forward, silt = ([sample.value for sample in each] for each in alternate(main, rounds, start))
    tell("start: " + ", ".join(f"{statistics.median(each):.3f}" for each in (alone, forward, silt)) + " ms")
    what = "start of a process (/bin/true), added"
    return [
        Row(what, "silt", "glibc alone", [mine - its for mine, its in zip(silt, alone)], "ms", 1.0),
        Row(what, "silt", "forwarding only", [mine - its for mine, its in zip(silt, forward)], "ms"),
    ]


def machine():
    """What the figures depend on; no name of a host."""
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = int(next(line.split()[1] for line in open("/proc/meminfo") if line.startswith("MemTotal"))) >> 20
    load = os.getloadavg()[0]
    return (
        f"{datetime.date.today()}: {os.cpu_count()} CPUs ({model}), {memory} GiB, Linux {platform.release()}, "
        f"{os.confstr('CS_GNU_LIBC_VERSION')}; load average {load:.1f} at the start"
    )


def main():
    parser = argparse.ArgumentParser(description="Measures what libsilt.so costs.")
    parser.add_argument("--library", help="path of libsilt.so")
    parser.add_argument("--silt", help="path of silt; without it, what needs a report is left out")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--peer-rounds", type=int, default=5)
    parser.add_argument("--starts", type=int, default=400)
    parser.add_argument("--scale", type=float, default=1.0, help="of the work of a run")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--cpu", action="store_true", help="churn by CPU time: for a machine shared with others")
    parser.add_argument("--without-peers", action="store_true")
    parser.add_argument("--quick", action="store_true", help="under a minute: little work, few rounds, no peers")
    parser.add_argument("--install", action="store_true", help="apt-get install the peers and programs, then end")
    options = parser.parse_args()
    if options.install:
        for package in PACKAGES:
            subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", package], stdin=subprocess.DEVNULL)
        return
    for path in [options.library, *filter(None, [options.silt])]:
        if not path or not os.path.exists(path):  # The loader only warns, and the table would compare glibc with itself.
            parser.error(f"{path} does not exist")
    library, silt = os.path.abspath(options.library), options.silt and os.path.abspath(options.silt)
    quick = options.quick
    rounds, starts, scale = (3, 40, 0.1) if quick else (options.rounds, options.starts, options.scale)
    described, rows, skipped = machine(), [], []
    with tempfile.TemporaryDirectory(prefix="silt-bench.") as folder:
        made = build(folder)
        alone = Subject("glibc alone")
        main = [alone, Subject("forwarding only", made["forward"]), Subject("silt", library)]
        # Beside the peers: what they do is every allocation with its stack, as this.
        every = Subject("silt, every allocation", library, {"SILT_SAMPLE": "1"}, 0.05, options.peer_rounds)
        others = [] if quick or options.without_peers else [every, *peers(folder, options.peer_rounds, skipped)]
        if "churn" in options.only:
            rows += churn_rows(made, main, others, rounds, scale, options.cpu)
        if "start" in options.only:
            rows += start_rows(main, starts)
        if "programs" in options.only:
            rows += program_rows(folder, main, others, rounds, options.peer_rounds, scale, skipped)
        if silt and "reports" in options.only:
            rows += report_rows(made, main[2], silt, 3 if quick else 10)
        if silt and "pauses" in options.only:
            rows += pause_rows(made, main[2], silt, 1 if quick else 5, 500 if quick else 2000)
        if silt and "threads" in options.only:
            rows += thread_rows(made, alone, main[2], silt, scale)
    print(f"{described}; {rounds} rounds{'' if quick else f', peers {options.peer_rounds}'}.")
    print(f"Skipped: {', '.join(skipped) or 'nothing'}.\n")
    print(Row.HEAD)
    print("\n".join(str(row) for row in rows))


main()
