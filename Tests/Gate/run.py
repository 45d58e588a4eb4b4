#!/usr/bin/python3
"""How small a change the gate sees, and how quiet it is without one.

    /usr/bin/python3 Tests/Gate/run.py --silt SILT [--short] [--quiet N] [--hits N]

For every workload of workload.c (200 MiB; one thread, four, and four that free each other's blocks): a baseline, then so
many checks of the unchanged program, which must be silent, and of each injection (+1 MiB live, +2 MiB retained, +2 MiB
fragmented), each of which must be found in its row. Beside it a gate on RSS alone, whose one limit is as tight as it may be
without a false alarm in the same runs. Ends with 1 where anything was missed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# Arguments of the workload, and runs of its baseline: noise that is real wants more of them.
WORKLOADS = {"1 thread": (["1"], 5), "4 threads": (["4"], 5), "4 threads, handing": (["4", "handing"], 20)}
INJECTIONS = {"live": "heap.live", "retained": "heap.retained", "fragmented": "heap.fragmented"}


class Gate:
    """One workload's baseline, and the checks against it, with the tolerances and runs that are the default."""

    def __init__(self, silt, folder, program, options, size):
        self.command = [silt, "check", "--baseline", os.path.join(folder, "baseline.json")]
        self.program, self.options = program, options
        done = self.run("nothing", "--update-baseline", "--runs", str(size))
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)

    def run(self, injection, *more):
        workload = [self.program, self.options[0], injection, *self.options[1:]]
        return subprocess.run([*self.command, *more, "--", *workload], capture_output=True, text=True)

    def check(self, injection):
        """The rows that are exceeded, RSS at the peak, and how many runs it took."""
        done = self.run(injection, "--json")
        if done.returncode not in (0, 1):
            raise SystemExit(f"status {done.returncode}: {done.stdout}{done.stderr}")
        document = json.loads(done.stdout)
        rss = [limit["value"] for limit in document["limits"] if limit["quantity"] == "rss"]
        exceeded = [limit["quantity"] for limit in document["limits"] if limit["outcome"] == "exceeded"]
        if (done.returncode == 1) != bool(exceeded):
            raise SystemExit(f"status {done.returncode} with {exceeded}")
        return exceeded, rss[0], document["runs"]


def measure(gate, quiet, hits):
    """Checks of the unchanged program that spoke, injections that were found, RSS of all, and the runs of quiet checks."""
    rss = {name: [] for name in ("nothing", *INJECTIONS)}
    alarms, found, runs = [], {}, 0
    for _ in range(quiet):
        rows, value, count = gate.check("nothing")
        rss["nothing"].append(value)
        runs += count
        if rows:
            alarms.append(rows)
    for injection, row in INJECTIONS.items():
        found[injection] = 0
        for _ in range(hits):
            rows, value, _ = gate.check(injection)
            rss[injection].append(value)
            found[injection] += row in rows
    return alarms, found, rss, runs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--silt", required=True)
    parser.add_argument("--short", action="store_true", help="a few checks of each")
    parser.add_argument("--quiet", type=int, default=100)
    parser.add_argument("--hits", type=int, default=20)
    parser.add_argument("--only", default="", help="only workloads with this in their name")
    chosen = parser.parse_args()
    quiet, hits = (3, 1) if chosen.short else (chosen.quiet, chosen.hits)
    failed = False
    print(f"{'workload':20} {'baseline':>8} {'false alarms':>13} {'runs':>5}  "
          + "  ".join(f"{name:>10}" for name in INJECTIONS) + "  with a limit on RSS alone")
    with tempfile.TemporaryDirectory(prefix="silt-gate.") as folder:
        program = os.path.join(folder, "workload")
        subprocess.run(
            ["gcc", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread", f"-I{ROOT}/shim/include",
             os.path.join(HERE, "workload.c"), "-o", program], check=True)
        for name, (options, size) in WORKLOADS.items():
            if chosen.only not in name or chosen.short and size > 10:
                continue
            place = os.path.join(folder, name.replace(" ", "-"))
            os.mkdir(place)
            gate = Gate(os.path.abspath(chosen.silt), place, program, options, size)
            alarms, found, rss, runs = measure(gate, quiet, hits)
            failed |= bool(alarms) or any(count < hits for count in found.values())
            # As tight as it may be without a false alarm in these very runs.
            limit = max(rss["nothing"])
            seen = "/".join(str(sum(value > limit for value in rss[injection])) for injection in INJECTIONS)
            room = (limit - statistics.median(rss["nothing"])) / 2**20
            print(f"{name:20} {size:8} {len(alarms):7} of {quiet:<3} {runs:5}  "
                  + "  ".join(f"{count:>4} of {hits:<3}" for count in found.values())
                  + f"  {seen} of {hits}, {room:.2f} MiB above the median", flush=True)
            for rows in alarms[:5]:
                print(f"  false: {', '.join(rows)}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
