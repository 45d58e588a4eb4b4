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


def pytest_outcomes(folder, silt, *options, preloaded=True, tests=HERE / "cases.py", **environment):
    """How each test ended, with what was said of it."""
    report = folder / "junit.xml"
    report.unlink(missing_ok=True)
    command = [PYTHON, "-m", "pytest", "-q", "-p", "pytest_silt", "-p", "no:cacheprovider", f"--rootdir={folder}",
               f"--junitxml={report}", *options, str(tests)]
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
        said = "" if child is None else (child.get("message") or "") + (child.text or "")
        found[case.get("name")] = (ends[child.tag] if child is not None else "pass", said)
    return found


SAID = {
    "test_fail_live": r"live grew by 8\.\d+ MiB, limit 4\.00 MiB\n +held by .*blocks \(cases.py:\d+\) ← test_fail_live",
    "test_fail_retained": r"retained grew by [78]\.\d+ MiB, limit 4\.00 MiB\n +left by .*blocks \(cases.py:\d+\)",
    "test_fail_fragmented": r"fragmented grew by [56]\.\d+ MiB, limit 4\.00 MiB\n +pinned by .*blocks \(cases.py:\d+\)",
    "test_fail_growth": r"live grew by 10\d KiB a round, limit 1\.00 KiB",
    "test_fail_first_loop": r"live grew by 10\d KiB a round",
    "test_fail_unmeasured_growth": r"growth was not measured: loop over silt\.rounds",
    "test_fail_by_itself": r"assert False",
    "test_error_unknown": r"unknown limit 'retaind'; there are retained",
    "test_error_unit": r"'1 MX' is no size; write one such as",
    "test_error_empty": r"it limits nothing",
}


def check_plugin(silt):
    print("the pytest plugin", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        found = pytest_outcomes(folder, silt)
        expect(len(found) >= 14, f"{len(found)} cases ran")
        for test, (outcome, said) in found.items():
            expect(outcome == test.split("_")[1], f"{test}: {outcome}: {said}")
            expect(re.search(SAID.get(test, ""), said), f"{test} says {said!r}")
        marked = [test for test in found if test != "test_pass_unmarked" and "error" not in test]
        without = pytest_outcomes(folder, silt, preloaded=False)
        for test in marked:
            expect(without[test][0] == "error", f"without the library {test}: {without[test][0]}")
            expect("start it with 'silt run -- python3 -m pytest'" in without[test][1], f"{test}: {without[test][1]}")
        expect(without["test_pass_unmarked"][0] == "pass", "without the library a test without a marker passes")
        optional = pytest_outcomes(folder, silt, "-o", "silt_optional=true", preloaded=False)
        for test in marked:
            expect(optional[test][0] == "skip", f"where it is optional {test}: {optional[test][0]}")
        expect(optional["test_error_unit"][0] == "error", "an unusable limit is an error everywhere")
        lost = pytest_outcomes(folder, silt, "-o", "silt_command=/nonexistent/silt")
        expect(lost["test_pass_nothing"][0] == "error" and "silt_command" in lost["test_pass_nothing"][1], f"{lost}")
        for regression, test in [("", None), ("retention", "test_renders"), ("fragmentation", "test_reads_a_batch"),
                                 ("leak", "test_batch_after_batch")]:
            found = pytest_outcomes(folder, silt, tests=EXAMPLE / "job/tests", REGRESSION=regression)
            stopped = {name for name, (outcome, _) in found.items() if outcome != "pass"}
            expect(len(found) == 3 and (test in stopped if test else not stopped), f"job, {regression}: {found}")


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
