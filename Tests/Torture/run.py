#!/usr/bin/python3
"""Runs programs that try the library hard, with and without it, and demands the same of them.

    /usr/bin/python3 Tests/Torture/run.py --library PATH/libsilt.so --silt PATH/silt [--minutes N] [--seed S] [--only NAME]

One line a scenario; those that failed come again at the end, before the last line, which says how many passed, failed
and were skipped. Ends with 1 when one failed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from torture import allocators, limits, memory_faults, processes_started, programs, recordings, samples_taken, storage_faults, timing_faults  # noqa: E402 F401
from torture.building import build  # noqa: E402
from torture.processes import Failed, Skipped  # noqa: E402
from torture.reports import Reporter  # noqa: E402
from torture.scenario import SCENARIOS, Bench  # noqa: E402


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", required=True, help="libsilt.so")
    parser.add_argument("--silt", required=True, help="the program that reports")
    parser.add_argument("--minutes", type=float, default=2, help="below 1 the quick version, from 5 on the long one, repeated until the time is up")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="only scenarios with this in their name")
    parser.add_argument("--list", action="store_true", help="print the scenarios' names")
    return parser.parse_args()


def try_one(name, function, bench):
    """True: passed; False: failed; None: skipped. And the line that says so."""
    began = time.monotonic()
    result, said = True, ""
    try:
        said = function(bench) or ""
    except Failed as error:
        result, said = False, str(error)
    except Skipped as reason:
        result, said = None, str(reason)
    except (subprocess.SubprocessError, OSError) as error:
        result, said = False, f"{type(error).__name__}: {error}"
    word = {True: "passed", False: "FAILED", None: "skipped"}[result]
    seconds = time.monotonic() - began
    line = f"{word:8}{name} ({seconds:.1f} s)" + (f": {said}" if said else "")
    print(line, flush=True)
    return result, line


def main():
    chosen = options()
    chosen_scenarios = [item for item in SCENARIOS if not chosen.only or chosen.only in item[0]]
    if chosen.list:
        return print("\n".join(name for name, _ in chosen_scenarios))
    length = "quick" if chosen.minutes < 1 else "normal" if chosen.minutes < 5 else "long"
    library, silt = os.path.abspath(chosen.library), os.path.abspath(chosen.silt)
    results, failures = [], []
    ends = time.monotonic() + chosen.minutes * 60
    # Segments have a directory of their own, so that none outlives this run: killed and confined processes leave theirs.
    with (
        tempfile.TemporaryDirectory(prefix="silt-torture.") as folder,
        tempfile.TemporaryDirectory(prefix="silt-torture.", dir="/dev/shm") as segments,
    ):
        os.chmod(segments, 0o1777)
        os.chmod(folder, 0o755)  # programs of other users are run from it
        try:
            made = build(folder)
        except subprocess.CalledProcessError as error:
            sys.exit(f"cannot build {error.cmd[-3]}")
        seed = chosen.seed
        while True:
            bench = Bench(made, library, Reporter(silt), seed, length, folder, segments)
            for name, function in chosen_scenarios:
                result, line = try_one(name, function, bench)
                results.append(result)
                failures += [line[:300]] if result is False else []
            seed += 1
            if length != "long" or time.monotonic() >= ends:
                break
            print(f"again with seed {seed}", flush=True)
    if failures:
        print("", *failures[:16], sep="\n")
    skipped = results.count(None)
    print(f"{results.count(True)} passed, {results.count(False)} failed" + (f", {skipped} skipped" if skipped else ""))
    if not results or False in results:
        sys.exit(1)


if __name__ == "__main__":
    main()
