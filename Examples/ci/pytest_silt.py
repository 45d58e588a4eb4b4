"""A pytest plugin in one file: what a test may leave behind, by row of silt's ledger.

    @pytest.mark.silt(retained="8 MiB", live="1 MiB")
    def test_import():
        ...

    @pytest.mark.silt(growth="1 KiB")
    def test_requests(silt):
        for _ in silt.rounds(50):
            handle_a_request()

Put this file beside the tests, name it with `-p pytest_silt` (or in `addopts`), and run pytest under silt:

    silt run -- python3 -m pytest

Before and after each marked test the rows of the process are read, and what they gained is held against the limits. A
limit is a size ("8 MiB") or a number of bytes. Which there are:

    retained, kept, fragmented   free heap: what malloc_trim(0) would return, would not, and what live blocks pin
    free                         the three together
    live                         all live blocks of the heap
    mappings, stacks, rss        rows of the ledger, and their sum
    growth                       of live, for each round of `silt.rounds(n)` after the first

Where the rows cannot be read a marked test is an error and never passes; with `silt_optional = true` in pytest's
settings it is skipped. `silt_command` names the program, if it is not in PATH. A reading takes
0.1 to 0.3 s of a core.

`silt.mark("name")` sets a mark in the recording, where there is one (`silt run --record FILE -- pytest`).
"""
import contextlib
import ctypes
import gc
import json
import os
import re
import subprocess

import pytest

ROWS = {
    "retained": "heap.retained", "kept": "heap.kept", "fragmented": "heap.fragmented", "mappings": "mappings",
    "stacks": "stacks",
}
NAMES = [*ROWS, "free", "live", "rss", "growth"]
# Which answer names the code behind a figure, and in what words.
ANSWERS = {
    "retained": ("left", "left by"), "kept": ("left", "left by"), "free": ("left", "left by"),
    "fragmented": ("pins", "pinned by"), "live": ("holds", "held by"), "growth": ("holds", "held by"),
    "rss": ("holds", "held by"),
}
# As in budgets: "MB" is 10^6 bytes, and "MiB" 2^20.
UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
SIZES = {unit.lower(): size for unit, size in {**UNITS, "KB": 10**3, "MB": 10**6, "GB": 10**9}.items()}
# What these lack makes no figure wrong that can be limited here.
HARMLESS = {"torn"}
# From linux/prctl.h. Where Yama lets only parents read a process, this lets its children, too.
PR_SET_PTRACER, PTRACER_ANY = 0x59616D61, ctypes.c_ulong(-1)


def pytest_addoption(parser):
    parser.addini("silt_command", "the program silt", default=os.environ.get("SILT", "silt"))
    parser.addini("silt_optional", "skip marked tests where silt cannot measure", type="bool", default=False)


def pytest_configure(config):
    config.addinivalue_line("markers", f"silt({'=…, '.join(NAMES)}=…): what the test may leave behind")


# Sizes ----------------------------------------------------------------------------------------------------------------


def size(value):
    """The bytes of `8 MiB`; a number is taken as it is."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*", value.lower()) if isinstance(value, str) else None
    if not match or match[2] not in SIZES:
        raise ValueError(f"{value!r} is no size; write one such as \"8 MiB\"")
    return int(float(match[1]) * SIZES[match[2]])


def text(count):
    """Three digits and a unit, as silt writes them."""
    unit, rest = "B", abs(count)
    for unit in UNITS:
        if rest < 999.5 or unit == "GiB":
            break
        rest /= 1024
    digits = 0 if unit == "B" or rest >= 99.95 else 1 if rest >= 9.995 else 2
    return f"{'-' if count < 0 else ''}{rest:.{digits}f} {unit}"


def limits(marker):
    """The limits of a marker, in bytes."""
    if marker.args:
        raise ValueError("limits have names, such as retained=\"8 MiB\"")
    unknown = sorted(set(marker.kwargs) - set(NAMES))
    if unknown:
        raise ValueError(f"unknown limit '{unknown[0]}'; there are {', '.join(NAMES)}")
    if not marker.kwargs:
        raise ValueError("it limits nothing; add a limit such as retained=\"8 MiB\"")
    return {name: size(value) for name, value in marker.kwargs.items()}


# Readings -------------------------------------------------------------------------------------------------------------


class Unmeasured(Exception):
    """The rows cannot be read: why, and what to do."""


def is_preloaded():
    with open("/proc/self/maps") as maps:
        return any("libsilt.so" in line for line in maps)


def read(command):
    """The rows of this process, and the code behind them."""
    if not is_preloaded():
        raise Unmeasured("pytest runs without silt's library: start it with 'silt run -- python3 -m pytest'")
    gc.collect()
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(PR_SET_PTRACER, PTRACER_ANY, 0, 0, 0)
    try:
        done = subprocess.run(
            [command, "report", str(os.getpid()), "--json"], stdin=subprocess.DEVNULL, capture_output=True)
    except OSError as error:
        raise Unmeasured(
            f"cannot run {command}: {error.strerror}; name it as silt_command in pytest's settings") from None
    if done.returncode:
        raise Unmeasured(done.stderr.decode(errors="replace").strip())
    document = json.loads(done.stdout)
    lacks = sorted(set(document["coverage"]["degraded"]) - HARMLESS)
    if lacks:
        raise Unmeasured(f"the books of pytest's process lack something ({', '.join(lacks)}); see 'silt report'")
    rows = {row["cause"]: row["bytes"] for row in document["ledger"]}
    figures = {name: rows[cause] for name, cause in ROWS.items()}
    figures["free"] = figures["retained"] + figures["kept"] + figures["fragmented"]
    figures["live"] = document["heap"]["live_bytes"]
    figures["rss"] = document["rss_bytes"]
    return figures, code(document.get("sites") or {})


def code(sites):
    """For each question how many bytes each site has, by function and line."""
    found = {}
    for question in ("left", "pins", "holds"):
        found[question] = {}
        for group in sites.get(question, {}).get("groups", []):
            # What pytest itself calls is of no interest.
            names = [frame_text(frame) for frame in group["frames"]]
            own = next((place for place, name in enumerate(names) if name.startswith("pytest_pyfunc_call ")), 3)
            name = " ← ".join(names[:min(own, 3)]) or "(no stack)"
            found[question][name] = found[question].get(name, 0) + group["bytes"]
    return found


def frame_text(frame):
    place = (frame["file"] or frame["module"] or "").rsplit("/", 1)[-1]
    if frame["file"] and frame["line"]:
        place += f":{frame['line']}"
    return f"{frame['function'] or hex(frame['offset'])} ({place})"


# Tests ----------------------------------------------------------------------------------------------------------------


class Silt:
    """What the fixture gives."""

    def __init__(self, command):
        self._command = command
        self.growth = None
        self.grew = {}

    def mark(self, name):
        """Sets a mark in the recording of this process, if there is one."""
        with contextlib.suppress(AttributeError, OSError):
            return ctypes.CDLL(None).silt_mark(name.encode())

    def rounds(self, count):
        """Repeats the body of a loop, and measures by how much live grows a round once the first is over."""
        if count < 2:
            raise ValueError("growth takes 2 rounds at least: the first is to warm up")
        yield 0
        before = read(self._command)
        for number in range(1, count):
            yield number
        after = read(self._command)
        growth = (after[0]["live"] - before[0]["live"]) / (count - 1)
        # Of several loops the worst one counts.
        if self.growth is None or growth > self.growth:
            self.growth, self.grew = growth, grown(before, after, "holds")


STATE, PROBLEMS, WARM = pytest.StashKey(), pytest.StashKey(), pytest.StashKey()


@pytest.fixture
def silt(request):
    """Marks, and rounds: `silt.mark("name")`, `for _ in silt.rounds(50): …`."""
    state = Silt(request.config.getini("silt_command"))
    request.node.stash[STATE] = state
    return state


def pytest_runtest_setup(item):
    marker = item.get_closest_marker("silt")
    if not marker:
        return
    problem, is_unusable = None, False
    try:
        limits(marker)
        # The first readings of a process leave something themselves: what json and subprocess keep.
        if not item.config.stash.get(WARM, False):
            for _ in range(2):
                read(item.config.getini("silt_command"))
            item.config.stash[WARM] = True
    except ValueError as error:
        problem, is_unusable = f"silt: {error}", True
    except Unmeasured as error:
        problem = f"silt: {error}"
    if problem and item.config.getini("silt_optional") and not is_unusable:
        pytest.skip(problem)
    if problem:
        pytest.fail(problem, pytrace=False)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    marker = item.get_closest_marker("silt")
    if not marker:
        yield
        return
    command = item.config.getini("silt_command")
    before, problems = None, []
    try:
        before = read(command)
    except Unmeasured as error:
        problems = [f"silt: not measured: {error}"]
    outcome = yield
    if before and outcome.excinfo is None:
        try:
            problems = judge(item, limits(marker), before, read(command))
        except Unmeasured as error:
            problems = [f"silt: not measured: {error}"]
    item.stash[PROBLEMS] = problems


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    problems = item.stash.get(PROBLEMS, [])
    report = outcome.get_result()
    if report.when == "call" and report.passed and problems:
        report.outcome = "failed"
        report.longrepr = "\n".join(problems)


def grown(before, after, question):
    """The sites that grew, the one that grew most first."""
    earlier = before[1][question]
    changes = {name: amount - earlier.get(name, 0) for name, amount in after[1][question].items()}
    gains = [(name, amount) for name, amount in changes.items() if amount > 0]
    return dict(sorted(gains, key=lambda gain: -gain[1])[:3])


def judge(item, allowed, before, after):
    """A paragraph for each limit that is exceeded."""
    problems = []
    for name, limit in allowed.items():
        if name == "growth":
            state = item.stash.get(STATE, None)
            if state is None or state.growth is None:
                problems.append("silt: growth was not measured: loop over silt.rounds(n), and to its end")
                continue
            value, sites, each = state.growth, state.grew, " a round"
        else:
            value, each = after[0][name] - before[0][name], ""
            sites = grown(before, after, ANSWERS[name][0]) if name in ANSWERS else {}
        if value <= limit:
            continue
        row = "live" if name == "growth" else name
        lines = [f"silt: {row} grew by {text(round(value))}{each}, limit {text(limit)}"]
        lines += [f"      {ANSWERS[name][1]} {site}: +{text(amount)}" for site, amount in sites.items()]
        problems.append("\n".join(lines))
    return problems
