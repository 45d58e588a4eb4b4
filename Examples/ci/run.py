#!/usr/bin/env python3
"""Shows that the gate of this folder lets good programs pass and stops each seeded regression.

    run.py [--silt PROGRAM] [--build FOLDER] [--python PROGRAM] [--short]

Builds the service, makes a baseline of it, and holds the service and the job against their budgets: as they are, and
with each regression in the environment. One line for each; the end is 0 only where all went as designed, that is, where
`silt check` ended as it should and named the row and the site that it should.
"""
import argparse
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
WITHIN, EXCEEDED = 0, 1

# What `silt check` is to say: the row it is about, and the code it names. `via` is what sees it: a budget, or only
# the baseline.
Case = collections.namedtuple("Case", "program regression status row site via")
CASES = [
    Case("service", None, WITHIN, None, None, "budget"),
    Case("service", "retention", EXCEEDED, "heap.retained", "report::line", "budget"),
    Case("service", "fragmentation", EXCEEDED, "heap.fragmented", "session::open", "budget"),
    Case("service", "leak", EXCEEDED, "leaked", "audit::log", "budget"),
    Case("service", None, WITHIN, None, None, "baseline"),
    Case("service", "creep", WITHIN, None, None, "budget"),
    Case("service", "creep", EXCEEDED, "heap.live", "cache::put", "baseline"),
    Case("job", None, WITHIN, None, None, "budget"),
    Case("job", "retention", EXCEEDED, "heap.retained", "read", "budget"),
    Case("job", "fragmentation", EXCEEDED, "heap.fragmented", "run_batch", "budget"),
    Case("job", "leak", EXCEEDED, "live", "run_batch", "budget"),
]
# Of each kind of answer one, for who has no minute.
SHORT = [0, 1, 3, 7, 9]


def build(folder):
    """The service, with the lines that a site is named by."""
    compiler = os.environ.get("CXX", "g++")
    include = next((path for path in [HERE.parent.parent / "shim/include"] if path.is_dir()), None)
    subprocess.run(
        [compiler, "-std=c++17", "-g", "-O1", "-fno-omit-frame-pointer"] + (["-I", str(include)] if include else [])
        + [str(HERE / "service/service.cpp"), "-o", str(folder / "service")], check=True)


def command(case, options):
    if case.program == "service":
        return [str(options.build / "service")]
    return [options.python, str(HERE / "job/job.py")]


def check(case, options, *arguments):
    """Runs `silt check`: how it ended, and its document."""
    environment = dict(os.environ)
    environment.pop("REGRESSION", None)
    if "--leaks" not in arguments:
        # One allocation in 4 KiB has its stack taken instead of one in 512: these programs are small, and a site is named
        # where it grew by more than the error of its samples. A proof of leaks takes them all.
        environment.setdefault("SILT_SAMPLE", str(4 << 10))
    if case.regression:
        environment["REGRESSION"] = case.regression
    with tempfile.NamedTemporaryFile(suffix=".json") as answer:
        done = subprocess.run(
            [options.silt, "check", *arguments, "--json", "--out", answer.name, "--", *command(case, options)],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        text = answer.read()
    return done.returncode, json.loads(text) if text else {}, done.stderr.strip()


def arguments(case, options):
    if case.via == "baseline":
        return ["--baseline", str(options.build / f"{case.program}.baseline.json")]
    # Whether anything is leaked is proved at the end, which takes a sample of every allocation.
    return ["--budget", str(HERE / case.program / "budget.jsonc")] + (["--leaks"] if case.program == "service" else [])


def sites(limit):
    """The frames that a finding names, as people call them."""
    names = []
    for site in limit.get("sites", []):
        frame = site["frame"] or {}
        file = (frame.get("file") or "").rsplit("/", 1)[-1]
        place = f" {file}:{frame['line']}" if frame.get("line") else ""
        names.append((frame.get("function") or "?").split("(")[0] + place)
    return names


def judge(case, options):
    """Whether all went as designed, and what was said."""
    status, document, errors = check(case, options, *arguments(case, options))
    if status not in (WITHIN, EXCEEDED):
        reasons = document.get("failures", []) + [
            limit["sentence"] for limit in document.get("limits", []) if limit["outcome"] == "unmeasured"]
        return False, status, "; ".join(reasons) or errors
    found = [limit for limit in document["limits"] if limit["outcome"] == "exceeded"]
    if case.status == WITHIN:
        return status == WITHIN, status, f"{len(document['limits'])} limits hold" if not found else found[0]["sentence"]
    # The one that is about the seeded row; else the first.
    told = next((limit for limit in found if case.row in limit["quantity"].split()), found[0] if found else None)
    if told is None:
        return False, status, "no limit is exceeded"
    names = sites(told)
    named = [name for name in names if case.site in name]
    text = f"{told['sentence']}: {(named or names or ['no site'])[0]}"
    return status == EXCEEDED and case.row in told["quantity"].split() and bool(named), status, text


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--silt", default=shutil.which("silt"), help="the program (default: silt of PATH)")
    parser.add_argument("--build", type=pathlib.Path, help="where the service and its baseline go")
    parser.add_argument("--python", default=sys.executable, help="which Python runs the job")
    parser.add_argument("--short", action="store_true", help="one case of each kind")
    options = parser.parse_args()
    if not options.silt:
        parser.error("there is no silt in PATH: name it with --silt")
    options.silt = os.path.abspath(options.silt)
    return options


def main():
    options = parse()
    with tempfile.TemporaryDirectory() as folder:
        options.build = options.build or pathlib.Path(folder)
        options.build.mkdir(parents=True, exist_ok=True)
        build(options.build)
        cases = [CASES[index] for index in SHORT] if options.short else CASES
        if any(case.via == "baseline" for case in cases):
            made = Case("service", None, WITHIN, None, None, "baseline")
            status, _, errors = check(made, options, *arguments(made, options), "--update-baseline", "--runs", "5")
            if status != 0:
                sys.exit(f"the baseline was not made: {errors}")
        good = True
        print(f"{'':9} {'seeded':14} {'held against':13} {'expected':9} {'status':6}  said")
        for case in cases:
            is_right, status, text = judge(case, options)
            good = good and is_right
            expected = "within" if case.status == WITHIN else "exceeded"
            mark = "" if is_right else "   NOT AS DESIGNED"
            head = f"{case.program:9} {case.regression or 'nothing':14} {case.via:13} {expected:9} {status:<6}"
            print(f"{head}  {text}{mark}", flush=True)
    print("all as designed" if good else "not all as designed")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
