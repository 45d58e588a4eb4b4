"""Runs what Examples/ci gives people to copy: the pytest plugin, the two workflows, and the gate on its programs.

    run.py --silt PROGRAM [--full]

The plugin is held against tests whose names say how they are to end. The workflows are read as YAML, and the commands
in them are run in a copy of the folder. Of the gate's cases one of each kind is run, with --full all of them.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
EXAMPLE = ROOT / "Examples/ci"
# The one with pytest and with symbols that the reader knows.
PYTHON = "/usr/bin/python3"
problems = []


def expect(condition, message):
    if not condition:
        problems.append(message)
        print(f"  WRONG: {message}", flush=True)


def run(command, folder, **environment):
    """Output and status of a command, in an environment without what this script was started with."""
    own = ("SILT", "MALLOC_", "REGRESSION")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return subprocess.run(
        command, cwd=folder, env={**clean, **environment}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)


# The plugin -----------------------------------------------------------------------------------------------------------


def pytest_outcomes(folder, silt, *options, preloaded=True, tests=HERE, **environment):
    """How each test ended, with what was said of it."""
    report = folder / "junit.xml"
    report.unlink(missing_ok=True)
    command = [PYTHON, "-m", "pytest", "-q", "-p", "pytest_silt", "--strict-markers", "-p", "no:cacheprovider",
               f"--rootdir={folder}", "-o", "python_files=*cases.py test_*.py", f"--junitxml={report}", *options,
               str(tests)]
    if preloaded:
        command = [silt, "run", "--out", os.devnull, "--"] + command
    done = run(command, folder, PYTHONPATH=str(EXAMPLE), PYTHONDONTWRITEBYTECODE="1", SILT=silt, SILT_SAMPLE="65536",
               **environment)
    if not report.exists():
        raise SystemExit(done.stdout)
    found = {}
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        ends = {"failure": "fail", "error": "error", "skipped": "skip"}
        child = next((child for child in case if child.tag in ends), None)
        said = "" if child is None else child.text or child.get("message") or ""
        outcome = "pass" if child is None else "xfail" if child.get("type") == "pytest.xfail" else ends[child.tag]
        found[case.get("name")] = (outcome, said)
    return found


# The reason of a test that cannot be measured is one line, and names what to do.
SAID = {
    "test_fail_live": r"live grew by 8\.\d+ MiB, limit 4\.00 MiB\n +held by .*blocks \(cases.py:\d+\) ← test_fail_live",
    "test_fail_retained": r"retained grew by [78]\.\d+ MiB, limit 4\.00 MiB\n +left by .*blocks \(cases.py:\d+\)",
    "test_fail_fragmented": r"fragmented grew by [56]\.\d+ MiB, limit 4\.00 MiB\n +pinned by .*blocks \(cases.py:\d+\)",
    "test_fail_growth": r"live grew by 10\d KiB a round, limit 1\.00 KiB",
    "test_fail_first_loop": r"live grew by 10\d KiB a round",
    "test_fail_unmeasured_growth": r"^silt: growth was not measured: loop over silt\.rounds.*$",
    "test_fail_unmeasured_break": r"^silt: growth was not measured: loop over silt\.rounds.*$",
    "test_fail_by_itself": r"assert False",
    "test_fail_small_objects": r"mappings grew by",
    "test_fail_unittest_by_itself": r"AssertionError: by itself",
    "test_fail_strict": r"XPASS\(strict\)",
    "test_fail_other_than_expected": r"live grew by 8\.\d+ MiB, limit 1\.00 MiB",
    "test_fail_expected_but_unmeasured": r"^silt: growth was not measured.*$",
    "test_error_expected_but_unknown": r"unknown limit 'retaind'",
    "test_error_unknown": r"^silt: the marker of \S*cases\.py::test_error_unknown: unknown limit 'retaind'; .*$",
    "test_error_unit": r"'1 MX' is no size; write one such as",
    "test_error_empty": r"it limits nothing",
    "test_error_unnamed": r"limits have names",
    "test_error_negative": r"-1 is no size",
    "test_error_truth": r"True is no size",
    "test_error_unitless": r"'8' is no size",
}
# Each keeps 8 MiB, which samples say give or take some.
for name in ["beside_child", "body_into_fixture", "unittest", "class", "class_other_limit", "parameter_tighter",
             "tightest", "derived", "module", "module_other_limit"]:
    SAID[f"test_fail_{name}"] = (
        r"live grew by 8\.\d+ MiB, limit 1\.00 MiB\n +held by .*cases\.py:\d+\): \+([5-9]\.\d\d|1[01]\.\d) MiB")


def expect_as_named(found, how=""):
    """Each case ended as its name says, and said what it should."""
    expect(len(found) >= 48, f"{how}{len(found)} cases ran")
    for test, (outcome, said) in found.items():
        name = test.split("[")[0]
        expect(outcome == name.split("_")[1], f"{how}{test}: {outcome}: {said}")
        expect(outcome == "pass" or re.search(SAID.get(name, ""), said), f"{how}{test} says {said!r}")
        # A site's heaviest stack may be of an earlier test: that one is not to be named for what this one holds.
        others = set(re.findall(r"held by .*\b(test_\w+)", said)) - {name}
        expect(not others, f"{how}{test} lays it to {others}")


def check_plugin(silt):
    print("the pytest plugin", flush=True)
    # What runs leave in /dev/shm would be here.
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory(dir="/dev/shm") as segments:
        folder = pathlib.Path(name)
        found = pytest_outcomes(folder, silt, SILT_DIR=segments)
        expect_as_named(found)
        expect_as_named(pytest_outcomes(folder, silt, "-n", "2", SILT_DIR=segments), "with pytest-xdist ")
        marked = [test for test in found if "unmarked" not in test and "error" not in test]
        check_absence(folder, silt, marked, segments)
        check_broken_readers(folder, silt, segments)
        for regression, test in [("", None), ("retention", "test_renders"), ("fragmentation", "test_reads_a_batch"),
                                 ("leak", "test_batch_after_batch")]:
            found = pytest_outcomes(folder, silt, tests=EXAMPLE / "job/tests", REGRESSION=regression, SILT_DIR=segments)
            stopped = {name for name, (outcome, _) in found.items() if outcome != "pass"}
            expect(len(found) == 3 and (test in stopped if test else not stopped), f"job, {regression}: {found}")
        expect(not os.listdir(segments), f"left in /dev/shm: {os.listdir(segments)}")


def check_absence(folder, silt, marked, segments):
    """Without the library or the program no marked test passes, or is taken for the failure that xfail expects."""
    without = pytest_outcomes(folder, silt, preloaded=False)
    for test in marked:
        expect(without[test][0] == "error", f"without the library {test}: {without[test][0]}")
        expect("start it with 'silt run -- python3 -m pytest'" in without[test][1], f"{test}: {without[test][1]}")
    for test in ["test_pass_unmarked", "test_pass_unmarked_rounds"]:
        expect(without[test][0] == "pass", f"without the library {test}, which has no marker: {without[test][0]}")
    optional = pytest_outcomes(folder, silt, "-o", "silt_optional=true", preloaded=False)
    for test in marked:
        expect(optional[test][0] == "skip", f"where it is optional {test}: {optional[test][0]}")
    expect(optional["test_error_unit"][0] == "error", "an unusable limit is an error everywhere")
    lost = pytest_outcomes(
        folder, silt, "-o", "silt_command=/nonexistent/silt", "-k", "nothing", SILT_DIR=segments)
    expect([(outcome, "silt_command" in said) for outcome, said in lost.values()] == [("error", True)], f"{lost}")


# A silt that goes wrong as HOW says, from its reading number AT on.
BREAKING = """#!/bin/sh
echo reading >> "$READINGS"
[ "$(wc -l < "$READINGS")" -ge "$AT" ] || exec "$REAL" "$@"
case $HOW in
    hangs) sleep "$SECONDS_LEFT" & wait ;;
    fails) printf 'silt: it went\\nwrong; mend it\\n' >&2; exit 3 ;;
    dies) kill -9 $$ ;;
    babbles) echo babble ;;
    empties) echo '{"ledger": []}' ;;
    lacks) "$REAL" "$@" | sed 's/"degraded": \\[/&"storage-full"/' ;;
esac
"""
# The first two readings of a process are to warm up; then there is one before the body of a test, and one behind it.
BROKEN = [
    ("hangs", 1, ["error", "error", "error"], r"did not end in 3 s; try it, or raise silt_timeout"),
    ("hangs", 3, ["fail", "fail", "fail"], r"did not end in 3 s; try it, or raise silt_timeout"),
    ("hangs", 4, ["fail", "fail", "fail"], r"did not end in 3 s; try it, or raise silt_timeout"),
    ("fails", 1, ["error", "error", "error"], r"ended with 3: silt: it went wrong; mend it"),
    ("fails", 4, ["fail", "fail", "fail"], r"ended with 3: silt: it went wrong; mend it"),
    ("dies", 4, ["fail", "fail", "fail"], r"ended with -9: it said nothing; try it by hand"),
    ("babbles", 4, ["fail", "fail", "fail"], r"wrote no report; install the silt of this plugin"),
    ("empties", 4, ["fail", "fail", "fail"], r"wrote no report; install the silt of this plugin"),
    ("lacks", 4, ["fail", "fail", "fail"], r"lack something \(storage-full\); see 'silt report'"),
]


def check_broken_readers(folder, silt, segments):
    """A reading that fails or hangs fails its test, xfail or not, in one line, and leaves nothing running."""
    breaking, readings = folder / "breaking-silt", folder / "readings"
    breaking.write_text(BREAKING)
    breaking.chmod(0o755)
    # Long enough to be seen, and never in the way for ever; no other process has this argument.
    seconds = f"90.{os.getpid():07d}"
    environment = {"REAL": silt, "READINGS": str(readings), "SECONDS_LEFT": seconds, "SILT_DIR": segments}
    options = ["-o", f"silt_command={breaking}", "-o", "silt_timeout=3",
               "-k", "pass_nothing or pass_within or xfail_live"]
    for how, at, outcomes, reason in BROKEN:
        readings.unlink(missing_ok=True)
        found = pytest_outcomes(folder, silt, *options, HOW=how, AT=str(at), **environment)
        title = f"a reader that {how} at reading {at}"
        expect([outcome for outcome, _ in found.values()] == outcomes, f"{title}: {found}")
        for test, (_, said) in found.items():
            expect(re.fullmatch(rf"silt: .*{reason}", said), f"{title}: {test}: {said}")
        count = len(readings.read_text().splitlines())
        expect(how != "hangs" or count == at, f"{title} was asked {count} times")
        expect(not running(seconds), f"{title} leaves a process")
    optional = pytest_outcomes(folder, silt, *options, "-o", "silt_optional=true", HOW="fails", AT="1", **environment)
    expect([outcome for outcome, _ in optional.values()] == ["skip"] * 3, f"no reading works, and optional: {optional}")
    done = run(
        [PYTHON, "-m", "pytest", "-p", "pytest_silt", "-o", "silt_timeout=soon"], folder, PYTHONPATH=str(EXAMPLE),
        PYTHONDONTWRITEBYTECODE="1")
    expect(done.returncode == 4 and "silt_timeout is 'soon'; write whole seconds" in done.stdout, done.stdout)


def running(argument):
    """Whether a process has this argument."""
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if argument.encode() in path.read_bytes().split(b"\0"):
                return True
        except OSError:
            # It has ended meanwhile.
            continue
    return False


# The workflows --------------------------------------------------------------------------------------------------------


def github_commands(text):
    """Each step that runs something, but what installs."""
    workflow = yaml.safe_load(text)
    # YAML 1.1 takes `on` for a truth.
    expect("pull_request" in workflow[True], "the workflow is for pull requests")
    steps = workflow["jobs"]["memory"]["steps"]
    for step in steps:
        expect(("run" in step) != ("uses" in step), f"a step runs or uses: {step}")
    names = [step.get("name") for step in steps]
    expect("Install" in names and "Budget" in names, f"{names}")
    return [(step["name"], step["run"], step.get("env", {}), step.get("if", "")) for step in steps
            if "run" in step and step["name"] != "Install"]


def check_workflows(silt):
    print("the workflows", flush=True)
    github = github_commands((EXAMPLE / "github/silt.yml").read_text())
    gitlab = yaml.safe_load((EXAMPLE / "gitlab/.gitlab-ci.yml").read_text())
    expect(gitlab["memory"]["artifacts"]["reports"]["junit"], "GitLab gets the JUnit report")
    scripts = {
        "github main": [step for step in github if "!=" not in step[3]],
        "github pull request": [step for step in github if "==" not in step[3]],
        "gitlab": [("gitlab", line, {}, "") for job in ["memory-baseline", "memory"] for line in gitlab[job]["script"]],
    }
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / "work"
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
        programs = pathlib.Path(name) / "bin"
        programs.mkdir()
        (programs / "python3").symlink_to(PYTHON)
        (programs / "silt").symlink_to(silt)
        environment = {
            "PATH": f"{programs}:/usr/bin:/bin", "CPATH": str(ROOT / "shim/include"), "PYTHONDONTWRITEBYTECODE": "1",
            "GITHUB_STEP_SUMMARY": f"{name}/summary.md", "GITHUB_WORKSPACE": str(folder),
        }
        for script, steps in scripts.items():
            for step, command, own, _ in steps:
                done = run(["/bin/bash", "-e", "-c", command], folder, **environment, **own)
                expect(done.returncode == 0, f"{script}, {step}: {done.returncode}\n{done.stdout}")
        for file in ["silt.html", "service.silt", "budget.xml", "baseline.xml", "silt.sarif", "service.baseline.json"]:
            expect((folder / file).exists(), f"{file} was made")
        expect(pathlib.Path(f"{name}/summary.md").exists(), "the summary of the job was written")
        budget = next(step for step in github if step[0] == "Budget")
        done = run(["/bin/bash", "-e", "-c", budget[1]], folder, **environment, REGRESSION="leak")
        expect(done.returncode == 1, f"the workflow stops a leak: {done.returncode}\n{done.stdout}")
        expect("::error" in done.stdout, f"and annotates it:\n{done.stdout}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--silt", required=True, type=os.path.abspath)
    parser.add_argument("--full", action="store_true")
    options = parser.parse_args()
    check_plugin(options.silt)
    check_workflows(options.silt)
    print("the gate", flush=True)
    short = [] if options.full else ["--short"]
    with tempfile.TemporaryDirectory() as folder:
        done = run([PYTHON, str(EXAMPLE / "run.py"), "--silt", options.silt, *short], folder)
    print(done.stdout, end="", flush=True)
    expect(done.returncode == 0, "the gate does as designed")
    print(f"{len(problems)} wrong" if problems else "all well")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
