#!/usr/bin/python3
"""Runs the core's scenarios (Tests/ShimTests/Programs/shim-scenarios) under gcc's sanitizers.

    /usr/bin/python3 Tests/Sanitizers/run.py [--seeds N] [--only NAME]

Here only what a sanitizer says counts, and how the scenario ends: that the books are right is what ShimTests demand of
the same scenarios. One line a build; ends with 1 where a sanitizer found something.
"""

import argparse
import glob
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# SILT_PORTABLE: adds as atomic builtins, which a sanitizer sees; it cannot look into assembly.
FLAGS = [
    "-std=gnu11", "-O1", "-g", "-D_GNU_SOURCE", "-DSILT_PORTABLE", "-pthread", "-fno-omit-frame-pointer",
    "-Wall", "-Wextra", "-Werror", "-Wno-restrict",
]
BUILDS = {
    "address,undefined": ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
    # The one fence of the core orders accesses that are atomic themselves: the sanitizer warns that it does not model it.
    "thread": ["-fsanitize=thread", "-Wno-tsan"],
}
STATUS = 66
OPTIONS = {
    "ASAN_OPTIONS": f"exitcode={STATUS}:detect_leaks=0:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": f"exitcode={STATUS}:print_stacktrace=1",
    # No suppression: races that are meant are marked where they are (SILT_RACY in shim/core/arch.h).
    # A child of a fork goes on, as the program's children do.
    "TSAN_OPTIONS": f"exitcode={STATUS}:die_after_fork=0",
}


def scenarios(seeds):
    """Name and numbers, as ShimTests have them."""
    yield from (("edges",), ("departed",), ("spilled",), ("cloned-mapping",), ("holding",))
    yield from (("moments", 2000, 700), ("moments-under-load",), ("moments-of-children", 0), ("moments-of-children", 2))
    for seed in range(1, seeds + 1):
        yield from (
            ("churn", seed, 4, 20000, 3), ("crowd", seed), ("ranges", seed, 20000), ("forked", seed),
            ("grandchild", seed), ("cloned", seed), ("vforked", seed), ("cloned-as-first", seed),
            ("forked-under-load", seed, 20, 0), ("forked-under-load", seed, 20, 1), ("stopped", seed),
            ("stopped-under-load", seed),
        )
    yield from (("full", kibibytes) for kibibytes in (4, 12, 40, 200, 1000))
    yield from (("limited", 1, 0), ("limited", 1, 5 << 20), ("limited", 9, 1 << 30))
    yield from (("thresholds", 1 << 20, 32 << 20, 4096, 4096), ("thresholds", 1 << 20, 0, 2 << 20, 4 << 20))


def left_out(sanitizer, scenario):
    """Why a scenario cannot be tried under a sanitizer; None where it can."""
    if scenario[0] == "limited" and scenario[1] == 9:
        return "RLIMIT_AS: the sanitizer's own shadow takes terabytes of addresses"
    if sanitizer == "thread" and scenario[0] == "moments-under-load":
        return "its time is made up: a lease can end while who has it waits for a processor"
    if sanitizer == "thread" and (scenario[0].startswith("cloned") or scenario[0] == "forked-under-load" and scenario[3]):
        return "a raw clone does not tell the sanitizer of the new process"
    return None


def build(sanitizer, folder):
    program = os.path.join(folder, sanitizer.replace(",", "-"))
    core = os.path.join(ROOT, "shim", "core")
    sources = sorted(glob.glob(f"{core}/*.c"))
    sources += sorted(glob.glob(os.path.join(ROOT, "Tests", "ShimTests", "Programs", "shim-scenarios", "*.c")))
    subprocess.run(["gcc", *FLAGS, *BUILDS[sanitizer], f"-I{core}", *sources, "-o", program], check=True)
    return program


def finding(program, scenario):
    """What went wrong, or None."""
    with tempfile.TemporaryDirectory(prefix="silt-sanitizer.") as directory:
        command = [program, scenario[0], directory, *map(str, scenario[1:])]
        # Many lines: it never waits for longer than it takes to read one.
        outcome = subprocess.run(
            command, input=b"\n" * 64, capture_output=True, env={**os.environ, **OPTIONS}, timeout=600)
    said = outcome.stderr.decode(errors="replace")
    if outcome.returncode != 0 or said:
        return f"ended with {outcome.returncode}\n{said[:6000]}"
    return None if b"ready" in outcome.stdout else "it said nothing"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", default="", help="only scenarios with this in their name")
    chosen = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory(prefix="silt-sanitizers.") as folder:
        for sanitizer in BUILDS:
            program = build(sanitizer, folder)
            passed, skipped = 0, []
            for scenario in scenarios(chosen.seeds):
                if chosen.only not in scenario[0]:
                    continue
                if left_out(sanitizer, scenario):
                    skipped.append(scenario[0])
                    continue
                found = finding(program, scenario)
                passed += found is None
                if found:
                    failed = True
                    print(f"FAILED  {sanitizer}: {' '.join(map(str, scenario))}: {found}", flush=True)
            print(f"{sanitizer}: {passed} scenarios clean, left out: {', '.join(sorted(set(skipped))) or 'none'}", flush=True)
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
