"""A pytest plugin in one file: what a test may leave behind, by row of silt's ledger.

    @pytest.mark.silt(retained="8 MiB", live="1 MiB")
    def test_import():
        ...

    @pytest.mark.silt(growth="1 KiB")
    def test_requests(silt):
        for _ in silt.rounds(50):
            handle_a_request()

Put this file where pytest starts, and `-p pytest_silt --strict-markers` into `addopts`: to a pytest without the plugin
the marker is one it does not know, and no more. Run pytest under silt; workers of pytest-xdist inherit it:

    silt run -- python3 -m pytest

The rows of the process are read before and after the body of each marked test, and what they gained is held against the
limits, sizes ("8 MiB") or numbers of bytes:

    retained, kept, fragmented   free heap: what malloc_trim(0) would return, would not, and what live blocks pin
    free                         the three together
    live                         all live blocks of the heap
    mappings, stacks, rss        rows of the ledger, and their sum
    growth                       of live, for each round of `silt.rounds(n)` after the first

Python's objects of up to 512 bytes are in `mappings`; in `live` they are only with PYTHONMALLOC=malloc.

**What counts** is the body, as with pytest-memray: what fixtures allocate in setup and teardown does not, as one that
tests share would count for whichever came first. What the body leaves in a fixture does. `setUp` and `tearDown` of
unittest are part of the body. Processes that a test starts do not count.

**Several markers**: at a parameter, a test, its classes, its module. The nearest that has a limit decides on it; of two
at the same place, as of a class and its base, the tighter one.

**How it ends**: a test that exceeds a limit fails, which `xfail` may expect. One that cannot be measured, or whose
marker cannot be used, fails whatever was expected. With `silt_optional = true` in pytest's settings tests are skipped
where no reading works. `silt_command` names the program if it is not in PATH. A reading takes 0.1 to 0.3 s of a core,
and is given up after `silt_timeout` seconds, 60.

`silt.mark("name")` sets a mark in the recording, where there is one (`silt run --record FILE -- pytest`).
"""
import contextlib
import ctypes
import functools
import gc
import json
import os
import re
import signal
import subprocess

import pytest

ROWS = {
    "retained": "heap.retained", "kept": "heap.kept", "fragmented": "heap.fragmented", "mappings": "mappings",
    "stacks": "stacks",
}
NAMES = [*ROWS, "free", "live", "rss", "growth"]
# Which answer names the code behind a figure, and in what words.
LEFT, PINS, HOLDS = ("left", "left by"), ("pins", "pinned by"), ("holds", "held by")
ANSWERS = {**dict.fromkeys(["retained", "kept", "free"], LEFT), "fragmented": PINS,
           **dict.fromkeys(["live", "growth", "rss"], HOLDS)}
# As in budgets: "MB" is 10^6 bytes, and "MiB" 2^20.
UNITS = {"B": 1, **{f"{prefix}iB": 1 << 10 * power for power, prefix in enumerate("KMGTP", 1)}}
SIZES = {**{f"{prefix}b": 1000**power for power, prefix in enumerate("kmgtp", 1)},
         **{unit.lower(): size for unit, size in UNITS.items()}}
# From linux/prctl.h. Where Yama lets only parents read a process, this lets its children, too.
PR_SET_PTRACER, PTRACER_ANY = 0x59616D61, ctypes.c_ulong(-1)
READER, LIMITS, STATE = pytest.StashKey(), pytest.StashKey(), pytest.StashKey()


def pytest_addoption(parser):
    parser.addini("silt_command", "the program silt", default=os.environ.get("SILT", "silt"))
    parser.addini("silt_optional", "skip marked tests where silt cannot measure", type="bool", default=False)
    parser.addini("silt_timeout", "seconds after which a reading is given up", default="60")


def pytest_configure(config):
    config.addinivalue_line("markers", f"silt({'=…, '.join(NAMES)}=…): what the test may leave behind")
    seconds = config.getini("silt_timeout")
    if not re.fullmatch(r"0*[1-9][0-9]{0,6}", seconds):
        raise pytest.UsageError(f"silt_timeout is '{seconds}'; write whole seconds, such as 60")
    config.stash[READER] = Reader(config.getini("silt_command"), int(seconds))


def size(value):
    """The bytes of `8 MiB`; a number is taken as it is."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    match = re.fullmatch(r" *([0-9]+(?:\.[0-9]+)?) *([a-z]+) *", value.lower()) if isinstance(value, str) else None
    if not match or match[2] not in SIZES:
        raise ValueError(f"{value!r} is no size; write one such as \"8 MiB\"")
    return int(float(match[1]) * SIZES[match[2]])


def text(count):
    """Three digits and a unit, as silt writes them."""
    rest = abs(count)
    for unit in UNITS:
        if rest < 999.5:
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


def limits_of(item):
    """The limits that hold for a test, in bytes; none where it is not marked."""
    # pytest's own order would put a parameter's markers after its test's; and bases of a class differ between versions.
    levels = [getattr(getattr(item, "callspec", None), "marks", [])]
    levels += [node.own_markers for node in reversed(item.listchain())]
    found = {}
    for level in levels:
        here = {}
        for marker in level:
            for name, limit in limits(marker).items() if marker.name == "silt" else []:
                here[name] = min(limit, here.get(name, limit))
        found = {**here, **found}
    return found


class Unmeasured(pytest.fail.Exception):
    """The limits of a test are not held against anything: why, and what to do, in one line."""

    def __init__(self, reason):
        super().__init__(f"silt: {reason}", pytrace=False)


class Reader:
    """Reads the process it is in."""

    def __init__(self, command, timeout):
        self.command, self.timeout = command, timeout
        self.is_warm, self.hung = False, None

    def warm_up(self):
        """The first readings of a process leave something themselves: what json and subprocess keep."""
        for _ in range(0 if self.is_warm else 2):
            self.read()
        self.is_warm = True

    def read(self):
        """The rows of this process, and the code behind them."""
        with contextlib.suppress(AttributeError, OSError):
            ctypes.CDLL(None).prctl(PR_SET_PTRACER, PTRACER_ANY, 0, 0, 0)
        gc.collect()
        output = self.run("report", str(os.getpid()), "--json")
        try:
            document = json.loads(output)
            rows = {row["cause"]: row["bytes"] for row in document["ledger"]}
            figures = {name: rows[cause] for name, cause in ROWS.items()}
            figures["free"] = figures["retained"] + figures["kept"] + figures["fragmented"]
            figures["live"], figures["rss"] = document["heap"]["live_bytes"], document["rss_bytes"]
            sites = code(document.get("sites") or {})
            # What "torn" lacks makes no figure wrong that can be limited here.
            lacks = sorted(set(document["coverage"]["degraded"]) - {"torn"})
        except (ValueError, LookupError, TypeError):
            raise Unmeasured(f"'{self.command} report' wrote no report; install the silt of this plugin") from None
        if lacks:
            raise Unmeasured(f"the books of pytest's process lack something ({', '.join(lacks)}); see 'silt report'")
        return figures, sites

    def run(self, *arguments):
        """What silt writes."""
        if not is_preloaded():
            raise Unmeasured("pytest runs without silt's library; start it with 'silt run -- python3 -m pytest'")
        if self.hung:
            # Not every test is to wait anew.
            raise Unmeasured(self.hung)
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        try:
            with subprocess.Popen([self.command, *arguments], start_new_session=True, **pipes) as process:
                try:
                    output, errors = process.communicate(timeout=self.timeout)
                except BaseException:
                    # With its session, as what a wrapper has started would outlive it.
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
                    raise
        except subprocess.TimeoutExpired:
            self.hung = f"'{self.command} report' did not end in {self.timeout} s; try it, or raise silt_timeout"
            raise Unmeasured(self.hung) from None
        except OSError as error:
            raise Unmeasured(
                f"cannot run {self.command}: {error.strerror}; name it as silt_command in pytest's settings") from None
        if process.returncode:
            said = " ".join(errors.decode(errors="replace").split()) or "it said nothing; try it by hand"
            raise Unmeasured(f"'{self.command} report' ended with {process.returncode}: {said}")
        return output


def is_preloaded():
    try:
        with open("/proc/self/maps") as maps:
            return any("libsilt.so" in line for line in maps)
    except OSError:
        return False


def code(sites):
    """For each question how many bytes each site has, by function and line; with the callers on its heaviest stack."""
    found = {question: {} for question, _ in (LEFT, PINS, HOLDS)}
    for question, named in found.items():
        for group in sites.get(question, {}).get("groups", []):
            names = [frame_text(frame) for frame in group["frames"]]
            # What pytest itself calls is of no interest.
            own = next((place for place, name in enumerate(names) if name.startswith("pytest_pyfunc_call ")), 3)
            site, callers = (names or ["(no stack)"])[0], "".join(f" ← {name}" for name in names[1:max(min(own, 3), 1)])
            named[site] = named.get(site, (0, ""))[0] + group["bytes"], callers
    return found


def frame_text(frame):
    place = (frame["file"] or frame["module"] or "").rsplit("/", 1)[-1]
    line = f":{frame['line']}" if frame["file"] and frame["line"] else ""
    return f"{frame['function'] or hex(frame['offset'])} ({place}{line})"


def grown(before, after, question):
    """The sites that grew, the one that grew most first."""
    gains = []
    for site, (amount, callers) in after[1][question].items():
        gain = amount - before[1][question].get(site, (0, ""))[0]
        # The heaviest stack is another test's where most was there before.
        gains += [(site + callers if gain > amount / 2 else site, gain)] if gain > 0 else []
    return sorted(gains, key=lambda gain: -gain[1])[:3]


class Silt:
    """What the fixture gives."""

    def __init__(self, reader, is_limited):
        self._reader, self._is_limited = reader, is_limited
        self.growth, self.grew, self.unfinished = None, [], 0

    def mark(self, name):
        """Sets a mark in the recording of this process, if there is one."""
        with contextlib.suppress(AttributeError, OSError):
            return ctypes.CDLL(None).silt_mark(name.encode())

    def rounds(self, count):
        """Repeats the body of a loop, and measures by how much live grows a round once the first is over."""
        if count < 2:
            raise ValueError("growth takes 2 rounds at least: the first is to warm up")
        if not self._is_limited:
            # Nobody asks: what cannot be measured here is no failure.
            yield from range(count)
            return
        self.unfinished += 1
        yield 0
        before = self._reader.read()
        yield from range(1, count)
        after = self._reader.read()
        self.unfinished -= 1
        growth = (after[0]["live"] - before[0]["live"]) / (count - 1)
        # Of several loops the worst one counts.
        if self.growth is None or growth > self.growth:
            self.growth, self.grew = growth, grown(before, after, "holds")


@pytest.fixture
def silt(request):
    """Marks, and rounds: `silt.mark("name")`, `for _ in silt.rounds(50): …`."""
    is_limited = "growth" in request.node.stash.get(LIMITS, {})
    state = request.node.stash[STATE] = Silt(request.config.stash[READER], is_limited)
    return state


def pytest_runtest_setup(item):
    try:
        item.stash[LIMITS] = limits_of(item)
    except ValueError as error:
        raise Unmeasured(f"the marker of {item.nodeid}: {error}") from None
    try:
        if item.stash[LIMITS]:
            item.config.stash[READER].warm_up()
    except Unmeasured as error:
        if item.config.getini("silt_optional"):
            pytest.skip(error.msg)
        raise


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item):
    """Puts the readings next to the body; what they raise is the test's own failure, as xfail, -x and --pdb want it."""
    if item.stash[LIMITS]:
        item.runtest = functools.partial(measured, item, item.runtest)


def measured(item, runtest):
    # A plugin that repeats tests sets this one up again.
    item.runtest = runtest
    reader = item.config.stash[READER]
    before = reader.read()
    runtest()
    problems = judge(item, before, reader.read())
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    # To xfail every exception is the one that was expected.
    if call.excinfo and isinstance(call.excinfo.value, Unmeasured):
        report = outcome.get_result()
        report.outcome, report.longrepr = "failed", call.excinfo.value.msg
        vars(report).pop("wasxfail", None)


def judge(item, before, after):
    """A paragraph for each limit that is exceeded."""
    problems = []
    for name, limit in item.stash[LIMITS].items():
        if name == "growth":
            state = item.stash.get(STATE, None)
            if state is None or state.growth is None or state.unfinished:
                raise Unmeasured("growth was not measured: loop over silt.rounds(n), and to its end")
            row, value, each, sites = "live", round(state.growth), " a round", state.grew
        else:
            row, value, each = name, after[0][name] - before[0][name], ""
            sites = grown(before, after, ANSWERS[name][0]) if name in ANSWERS else []
        if value > limit:
            problems.append(f"silt: {row} grew by {text(value)}{each}, limit {text(limit)}")
            problems += [f"      {ANSWERS[name][1]} {site}: +{text(amount)}" for site, amount in sites]
    return problems
