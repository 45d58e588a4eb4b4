"""CPython's own regression tests, also with every object allocated by malloc; Ruby; Node.js."""

import os
import re

from sandbox import Case, Skipped, debian, need, says

PYTHON = "/usr/bin/python3"  # `python3` on PATH may be a version manager's script.
PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")
VERDICT = re.compile(r"^((?:test\w+|setUpClass|tearDownModule|setUpModule) \([^)]*\))(?:\n[^\n]*)?? \.\.\. (.*)$", re.MULTILINE)


def verdicts(output):
    """Every test with its verdict, in order of name; how many ran, without their time; the last line."""
    lines = sorted(f"{test} {verdict}" for test, verdict in VERDICT.findall(output))
    ran = re.findall(r"^Ran \d+ tests?", output, re.MULTILINE)
    end = re.findall(r"^(?:OK|FAILED).*$", output, re.MULTILINE)
    problems = re.findall(r"^(?:FAIL|ERROR): .*$", output, re.MULTILINE)
    return "\n".join(lines + ran + end + sorted(problems))


def regression_test(module, variables):
    def work(sandbox):
        need(PYTHON)
        if not os.path.exists("/usr/lib/python3.11/test/test_list.py"):
            raise Skipped("no libpython3.11-testsuite")
        sandbox.run(PYTHON, "-m", "unittest", "-v", f"test.{module}", keep=verdicts, variables=variables)

    return work


def ruby(sandbox):
    sandbox.run(need("ruby"), os.path.join(PROGRAMS, "work.rb"))


def node(sandbox):
    sandbox.run(need("node", "nodejs"), os.path.join(PROGRAMS, "work.js"))


MODULES = "test_list test_dict test_threading test_subprocess test_mmap test_io test_json".split()
CASES = {
    f"CPython {module}{label}": Case(regression_test(module, variables), debian("python3.11"))
    for label, variables in (("", {}), (", PYTHONMALLOC=malloc", {"PYTHONMALLOC": "malloc"}))
    for module in MODULES
} | {
    "Ruby": Case(ruby, debian("ruby3.1")),
    "Node.js": Case(node, says("node", "--version")),
}
