"""Runs real programs with and without libsilt.so, and says whether anything that they print or return differs.

    /usr/bin/python3 Tests/Compat/run.py --library PATH/libsilt.so [--markdown] [NAME ...]
    /usr/bin/python3 Tests/Compat/run.py --install      (as root, Debian: apt-get install of what the cases need)
    /usr/bin/python3 Tests/Compat/run.py --list

Each case runs three times: without the library, with it as people use it, and with every allocation sampled
(SILT_SAMPLE=1). It passes when its transcript (statuses and output, see sandbox.py) is the same in all of them *and* the
library was seen at work: at least one process made a segment. The one case whose program cannot be preloaded must make
none. Where two runs differ, the run without the library is repeated: a program that differs from itself is `unstable`,
which does not pass either. `segments left` are those that their processes did not remove: killed, ended by a system
call of their own (Go), or no longer allowed to (nginx's workers, once root); the next program under the library sweeps
them. Nothing is left behind: folders, servers and segments are removed at the end of each case.
"""

import argparse
import datetime
import difflib
import os
import shutil
import subprocess
import sys
import tempfile
import time

import databases
import interpreters
import languages
import tools
from sandbox import Sandbox, Segments, Skipped

CASES = {**interpreters.CASES, **databases.CASES, **tools.CASES, **languages.CASES}
PACKAGES = (
    "python3 libpython3.11-testsuite redis-server redis-tools sqlite3 postgresql nginx-light apache2-utils ruby nodejs "
    "default-jdk-headless git gcc ripgrep fd-find golang-go gh"
).split()


# How the library is set for each of the runs that are compared with the one without it.
SETTINGS = {"with the library": {}, "every allocation sampled": {"SILT_SAMPLE": "1"}}


class Run:
    """One run of a case under the library, compared with the one without it."""

    def __init__(self, verdict, note="", made=0, left=0):
        self.verdict, self.note, self.made, self.left = verdict, note, made, left


class Result:
    """What came of a case: a Run for each of SETTINGS, in their order."""

    def __init__(self, name, lines=0, note=""):
        self.name, self.lines, self.note = name, lines, note
        self.runs, self.seconds = [], 0.0

    @property
    def verdict(self):
        """The worst of its runs'."""
        verdicts = [run.verdict for run in self.runs]
        return next((each for each in ("failed", "unstable", "skipped") if each in verdicts), "passed")

    @property
    def notes(self):
        return "; ".join(filter(None, [self.note, *(run.note for run in self.runs)]))


class Runner:
    def __init__(self, library):
        # On a tmpfs like /dev/shm, but apart from it: segments of other processes are not ours to count or to remove.
        shm = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.segments = tempfile.mkdtemp(prefix="silt-compat.", dir=shm)
        self.base = tempfile.mkdtemp(prefix="silt-compat.")
        os.chmod(self.segments, 0o1777)
        os.chmod(self.base, 0o755)
        self.library = shutil.copy(library, self.base)  # Where any user may read it.
        os.chmod(self.library, 0o755)

    def close(self):
        shutil.rmtree(self.segments, ignore_errors=True)
        shutil.rmtree(self.base, ignore_errors=True)

    def once(self, work, settings=None):
        """(transcript, segments made, segments left); without settings, without the library."""
        folder = os.path.join(self.base, "case")
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        with_library = settings is not None
        segments = Segments(self.segments) if with_library else None
        variables = {"LD_PRELOAD": self.library, "SILT_DIR": self.segments} | settings if with_library else {}
        sandbox = Sandbox(folder, self.library if with_library else None, segments, variables)
        try:
            work(sandbox)
            return sandbox.transcript, segments.count() if segments else 0, segments.left() if segments else 0
        finally:
            sandbox.close()
            if segments:
                segments.close()
            for name in os.listdir(self.segments):
                os.unlink(os.path.join(self.segments, name))

    def compared(self, case, plain, settings):
        preloaded, made, left = self.once(case.work, settings)
        if plain != preloaded:
            again, _, _ = self.once(case.work)
            verdict = "failed" if again == plain else "unstable"
            difference = list(difflib.unified_diff(plain, preloaded, "without", "with", lineterm="", n=0))[2:]
            return Run(verdict, "; ".join(difference[:8])[:700], made, left)
        if case.preloadable and made == 0:
            return Run("failed", "no process loaded the library")
        if not case.preloadable and made > 0:
            return Run("failed", "it can be preloaded after all", made, left)
        return Run("passed", "", made, left)

    def case(self, name):
        case, begun = CASES[name], time.monotonic()
        result = Result(name, note="" if case.preloadable else "static: nothing can be preloaded, and nothing was")
        try:
            plain, _, _ = self.once(case.work)
            if not plain:
                raise RuntimeError("the case printed nothing to compare")
            result.lines = len(plain)
            result.runs = []
            for settings in SETTINGS.values():
                try:
                    result.runs.append(self.compared(case, plain, settings))
                except (OSError, RuntimeError, subprocess.SubprocessError) as error:
                    result.runs.append(Run("failed", f"{type(error).__name__}: {error}"[:2500]))
        except Skipped as reason:
            result.runs = [Run("skipped") for _ in SETTINGS]
            result.note = str(reason)
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            result.runs = [Run("failed") for _ in SETTINGS]
            result.note = f"without the library: {type(error).__name__}: {error}"[:2500]
        result.seconds = time.monotonic() - begun
        return result


def install():
    """By name, one after the other: a package that this Debian does not have stops none of the others."""
    for package in PACKAGES:
        subprocess.run(
            ["apt-get", "install", "-y", "--no-install-recommends", package], stdin=subprocess.DEVNULL,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        )


def table(results):
    lines = [
        f"{datetime.date.today()}, Linux {os.uname().release}, {os.confstr('CS_GNU_LIBC_VERSION')}, "
        f"{os.sysconf('SC_NPROCESSORS_ONLN')} processors.\n",
        f"| program | version | {' | '.join(SETTINGS)} | lines compared | processes measured | segments left | note |",
        "|---|---|" + "---|" * len(SETTINGS) + "---|---|---|---|",
    ]
    for each in results:
        note = each.notes.replace("|", "\\|").replace("\n", " ")[:300]
        verdicts = " | ".join(run.verdict for run in each.runs)
        made, left = (", ".join(str(getattr(run, what)) for run in each.runs) for what in ("made", "left"))
        version = CASES[each.name].version()
        lines.append(f"| {each.name} | {version} | {verdicts} | {each.lines} | {made} | {left} | {note} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description="Real programs with and without libsilt.so.")
    parser.add_argument("names", nargs="*", help="cases whose name contains one of these; all without")
    parser.add_argument("--library", help="path of libsilt.so")
    parser.add_argument("--markdown", action="store_true", help="print a table at the end")
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    if options.install:
        return install()
    names = [name for name in CASES if not options.names or any(part in name for part in options.names)]
    if options.list:
        return print("\n".join(names))
    if not options.library or not os.path.exists(options.library):
        parser.error("--library: path of a libsilt.so that exists")
    runner, results = Runner(os.path.abspath(options.library)), []
    try:
        for name in names:
            results.append(runner.case(name))
            each = results[-1]
            made = ", ".join(str(run.made) for run in each.runs)
            print(
                f"{each.verdict}: {name} ({each.lines} lines, {made} processes, {each.seconds:.0f} s) {each.notes}",
                file=sys.stderr if options.markdown else sys.stdout, flush=True,
            )
    finally:
        runner.close()
    if options.markdown:
        print(table(results) + "\n")
    count = {verdict: sum(each.verdict == verdict for each in results) for verdict in ("passed", "skipped")}
    failed = len(results) - count["passed"] - count["skipped"]
    print(f"{count['passed']} passed, {failed} failed" + (f", {count['skipped']} skipped" if count["skipped"] else ""))
    sys.exit(1 if failed or not count["passed"] else 0)


if __name__ == "__main__":
    main()
