"""Runs real programs with and without libsilt.so, and says whether anything that they print or return differs.

    /usr/bin/python3 Tests/Compat/run.py --library PATH/libsilt.so [--markdown] [NAME ...]
    /usr/bin/python3 Tests/Compat/run.py --install      (as root, Debian: apt-get install of what the cases need)
    /usr/bin/python3 Tests/Compat/run.py --list

A case passes when its transcript (statuses and output, see sandbox.py) is the same in both runs *and* the library was
seen at work: at least one process made a segment. The one case whose program cannot be preloaded must make none.
Where the two runs differ, the run without the library is repeated: a program that differs from itself is `unstable`,
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


class Result:
    def __init__(self, name, verdict, note="", made=0, left=0, seconds=0.0, lines=0):
        self.name, self.verdict, self.note = name, verdict, note
        self.made, self.left, self.seconds, self.lines = made, left, seconds, lines


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

    def once(self, work, with_library):
        """(transcript, segments made, segments left)"""
        folder = os.path.join(self.base, "case")
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        segments = Segments(self.segments) if with_library else None
        sandbox = Sandbox(folder, self.library if with_library else None, segments, self.segments)
        try:
            work(sandbox)
            return sandbox.transcript, segments.count() if segments else 0, segments.left() if segments else 0
        finally:
            sandbox.close()
            if segments:
                segments.close()
            for name in os.listdir(self.segments):
                os.unlink(os.path.join(self.segments, name))

    def case(self, name):
        work, preloadable = CASES[name]
        begun = time.monotonic()
        try:
            plain, _, _ = self.once(work, False)
            preloaded, made, left = self.once(work, True)
            if not plain:
                return Result(name, "failed", "the case printed nothing to compare")
            facts = {"made": made, "left": left, "lines": len(plain), "seconds": time.monotonic() - begun}
            if plain != preloaded:
                again, _, _ = self.once(work, False)
                verdict = "failed" if again == plain else "unstable"
                difference = list(difflib.unified_diff(plain, preloaded, "without", "with", lineterm="", n=0))[2:]
                return Result(name, verdict, "; ".join(difference[:8])[:700], **facts)
            if preloadable and made == 0:
                return Result(name, "failed", "no process loaded the library", **facts)
            if not preloadable and made > 0:
                return Result(name, "failed", "it can be preloaded after all", **facts)
            note = "" if preloadable else "static: nothing can be preloaded, and nothing was"
            return Result(name, "passed", note, **facts)
        except Skipped as reason:
            return Result(name, "skipped", str(reason))
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            return Result(name, "failed", f"{type(error).__name__}: {error}"[:2500])


def install():
    """By name, one after the other: a package that this Debian does not have stops none of the others."""
    for package in PACKAGES:
        subprocess.run(
            ["apt-get", "install", "-y", "--no-install-recommends", package], stdin=subprocess.DEVNULL,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        )


def table(results):
    lines = [
        f"{datetime.date.today()}, Linux {os.uname().release}, {os.confstr('CS_GNU_LIBC_VERSION')}\n",
        "| program | result | lines compared | processes measured | segments left | note |",
        "|---|---|---|---|---|---|",
    ]
    for each in results:
        note = each.note.replace("|", "\\|").replace("\n", " ")[:300]
        lines.append(f"| {each.name} | {each.verdict} | {each.lines} | {each.made} | {each.left} | {note} |")
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
            print(
                f"{each.verdict}: {name} ({each.lines} lines, {each.made} processes, {each.seconds:.0f} s) {each.note}",
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
