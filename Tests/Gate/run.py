#!/usr/bin/python3
"""How small a change the gate sees, and how quiet it is without one.

    /usr/bin/python3 Tests/Gate/run.py --silt SILT [--short] [--quiet N] [--hits N]

For every workload of workload.c (200 MiB; one thread, four, and four that free each other's blocks): a baseline, then so
many checks of the unchanged program, which must be silent, and of each injection (+1 MiB live, +2 MiB retained, +2 MiB
fragmented), each of which must be found in its row. Tolerances are the default ones. Beside it a gate on RSS alone, whose
one limit is as tight as it may be without a false alarm in the same runs. Ends with 1 where anything was missed.
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
# Arguments of the workload, runs of the baseline, runs of each check: noise that is real wants more of both.
WORKLOADS = {
    "1 thread": (["1"], 5, 1),
    "4 threads": (["4"], 5, 1),
    "4 threads, handing": (["4", "handing"], 20, 9),
}
INJECTIONS = {"live": "heap.live", "retained": "heap.retained", "fragmented": "heap.fragmented"}


def arguments_of(options, injection):
    return [options[0], injection, *options[1:]]


class Gate:
    """One workload's baseline, and the checks against it."""

    def __init__(self, silt, folder, program, options, runs):
        self.silt, self.folder, self.program, self.options, self.runs = silt, folder, program, options, runs
        self.baseline = os.path.join(folder, "baseline.json")

    def record(self, injection):
        """A recording of one run, and its RSS at the end."""
        path = os.path.join(self.folder, "run.json")
        command = [self.program, *arguments_of(self.options, injection)]
        subprocess.run([self.silt, "run", "--record", path, "--out", "/dev/null", "--", *command], check=True)
        with open(path, encoding="utf-8") as file:
            ends = [line for line in map(json.loads, file) if line.get("moment") == "end"]
        with open(path, "rb") as file:
            return file.read(), ends[-1]["report"]["rss_bytes"]

    def check(self, recordings, update=False):
        """Status and findings of a check of recordings."""
        paths = []
        for number, recording in enumerate(recordings):
            paths.append(os.path.join(self.folder, f"{number}.json"))
            with open(paths[-1], "wb") as file:
                file.write(recording)
        options = ["--update-baseline"] if update else ["--json"]
        done = subprocess.run(
            [self.silt, "check", "--baseline", self.baseline, *options, *paths], capture_output=True, text=True)
        if update:
            assert done.returncode == 0, done.stderr
            return None
        assert done.returncode in (0, 1), done.stderr + done.stdout
        document = json.loads(done.stdout)
        return done.returncode, [finding["quantity"] for finding in document["findings"]]


def measure(gate, size, quiet, hits):
    """Checks of the unchanged program that spoke, injections that were found, and the runs' RSS."""
    baseline = [gate.record("nothing") for _ in range(size)]
    gate.check([recording for recording, _ in baseline], update=True)
    rss = {"nothing": [bytes_ for _, bytes_ in baseline]}
    alarms, found = [], {}

    def once(injection):
        runs = [gate.record(injection) for _ in range(gate.runs)]
        rss.setdefault(injection, []).append(statistics.median(bytes_ for _, bytes_ in runs))
        return gate.check([recording for recording, _ in runs])

    for _ in range(quiet):
        status, rows = once("nothing")
        if status:
            alarms.append(rows)
    for injection, row in INJECTIONS.items():
        found[injection] = sum(row in once(injection)[1] for _ in range(hits))
    return alarms, found, rss


def rss_only(rss, injection):
    """How many of the runs a limit on RSS would find that none of the unchanged ones reach."""
    limit = max(rss["nothing"])
    return sum(value > limit for value in rss[injection]), limit - statistics.median(rss["nothing"])


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
    print(f"{'workload':20} {'runs':>7} {'alarms':>8}  " + "  ".join(f"{name:>10}" for name in INJECTIONS) + "   RSS alone")
    with tempfile.TemporaryDirectory(prefix="silt-gate.") as folder:
        program = os.path.join(folder, "workload")
        subprocess.run(
            ["gcc", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread", f"-I{ROOT}/shim/include",
             os.path.join(HERE, "workload.c"), "-o", program], check=True)
        for name, (options, size, runs) in WORKLOADS.items():
            if chosen.only not in name or chosen.short and size > 10:
                continue
            place = os.path.join(folder, name.replace(" ", "-"))
            os.mkdir(place)
            gate = Gate(os.path.abspath(chosen.silt), place, program, options, runs)
            alarms, found, rss = measure(gate, size, quiet, hits)
            failed |= bool(alarms) or any(count < hits for count in found.values())
            seen = [rss_only(rss, injection) for injection in INJECTIONS]
            print(
                f"{name:20} {size:3}+{runs:<3} {len(alarms):4}/{quiet:<3}  "
                + "  ".join(f"{count:>6}/{hits:<3}" for count in found.values())
                + f"   {'/'.join(str(count) for count, _ in seen)} of {hits} with a limit of +{seen[0][1] / 2**20:.2f} MiB",
                flush=True)
            for rows in alarms[:5]:
                print(f"  false: {', '.join(rows)}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
