"""Counts the instructions that libsilt.so adds to a call, and compares them with the committed numbers.

    /usr/bin/python3 Tests/InstructionCounts/run.py --library PATH/libsilt.so [--accept]

valgrind's callgrind counts; no clock is involved, so the numbers are the same on a busy machine. Each case (count.c) is
run with two numbers of turns, with and without the library: ((with, n2) - (with, n1) - (without, n2) + (without, n1))
/ (n2 - n1), so that neither start-up nor what glibc itself executes counts. A case fails when it grew by more than
3 % over counts.json; one that shrank by as much passes and asks to be accepted, so that it cannot grow back unseen.
"""

import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
COMMITTED = os.path.join(HERE, "counts.json")
TOLERANCE = 0.03
CASES = {  # name: (n1, n2)
    "malloc": (1000, 3000),
    "free": (1000, 3000),
    "calloc": (1000, 3000),
    "realloc": (1000, 3000),
    "malloc+free": (1000, 3000),
    "no block free": (1000, 3000),
    "usable size": (1000, 3000),
    "two granules malloc+free": (1000, 3000),
    "ten granules malloc+free": (1000, 3000),
    "ten granules calloc+free": (200, 600),
    "ten granules realloc": (1000, 3000),
    "mapped malloc+free": (200, 1200),
    "mapped malloc, many alive": (200, 1200),
    "new leaf": (8, 32),
}
# The same, every allocation a sample with its stack; in all others nothing is sampled, as the distances are random.
SAMPLED = "sampled "
CASES |= {SAMPLED + case: (2000, 4000) for case in ("malloc", "malloc+free")}


def instructions(program, case, turns, library):
    variables = {key: value for key, value in os.environ.items() if key not in ("LD_PRELOAD", "GLIBC_TUNABLES")}
    variables["SILT_SAMPLE"] = "1" if case.startswith(SAMPLED) else "0"
    if library:
        variables["LD_PRELOAD"] = library
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, case.removeprefix(SAMPLED), str(turns)],
        env=variables, capture_output=True, text=True,
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        raise SystemExit(f"{case}: status {done.returncode}\n{done.stderr}")
    return int(found.group(1))


def measure(program, library):
    """What the library adds to one turn of each case, in instructions."""
    runs = [(case, turns, each) for case, both in CASES.items() for turns in both for each in (None, library)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        total = dict(zip(runs, pool.map(lambda run: instructions(program, *run), runs)))
    counts = {}
    for case, (low, high) in CASES.items():
        added = [total[case, turns, library] - total[case, turns, None] for turns in (low, high)]
        counts[case] = round((added[1] - added[0]) / (high - low), 2)
    return counts


def main():
    parser = argparse.ArgumentParser(description="Golden instruction counts of libsilt.so.")
    parser.add_argument("--library", required=True, help="path of libsilt.so")
    parser.add_argument("--accept", action="store_true", help="write what is measured to counts.json")
    options = parser.parse_args()
    library = os.path.abspath(options.library)
    if not os.path.exists(library):  # The loader only warns of it, and all counts would be 0.
        parser.error(f"{library} does not exist")
    if not shutil.which("valgrind"):
        sys.exit("0 passed, 1 failed: no valgrind; apt-get install valgrind")
    with tempfile.TemporaryDirectory(prefix="silt-counts.") as folder:
        program = os.path.join(folder, "count")
        source = os.path.join(HERE, "count.c")
        subprocess.run(["cc", "-O2", "-fno-builtin", "-Wall", "-Wextra", source, "-o", program], check=True)
        counts = measure(program, library)
    if options.accept:
        with open(COMMITTED, "w") as file:
            file.write(json.dumps(counts, indent=2) + "\n")
        return print(f"{len(counts)} counts written to {COMMITTED}")
    with open(COMMITTED) as file:
        committed = json.load(file)
    failed = 0
    for case, count in counts.items():
        golden = committed.get(case)
        line = f"{case}: {count:g} instructions, committed {golden}"
        if golden is None or count > golden + max(TOLERANCE * golden, 0.5):
            failed += 1
            print(f"failed: {line}; if this growth is wanted, run again with --accept and commit counts.json")
        elif count < golden - max(TOLERANCE * golden, 0.5):
            print(f"passed: {line}; improved: run again with --accept and commit counts.json")
        else:
            print(f"passed: {line}")
    print(f"{len(counts) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
