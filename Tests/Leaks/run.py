"""Releases of PyPI with a known leak, and the releases that fixed it: silt has to tell the two apart.

    /usr/bin/python3 Tests/Leaks/run.py --library PATH/libsilt.so --silt PATH/silt [--releases FOLDER] [NAME ...]

Each program (programs/) runs on both releases, under the library, at the default rate of sampling. Of the leaky one
the site has to be named, with the extension module on its stack, and the heap has to have grown as is known; of the
fixed one nobody may be named. A release that cannot be had is skipped by name: without a network, all are. With
--releases they are kept for the next time. The status is 1 where a pair failed.
"""

import argparse
import os
import sys
import time

from pairs import PAIRS
from releases import Releases, Unavailable
from suspects import suspects
from target import Target

HERE = os.path.dirname(os.path.abspath(__file__))
INTERPRETER = "/usr/bin/python3"


class Finding:
    """What was seen of one release."""

    def __init__(self, options, releases, pair, version):
        path = releases.install(pair.package, version, pair.builds)
        program = os.path.join(HERE, "programs", pair.program)
        with Target(options.silt, options.library, INTERPRETER, program, path) as target:
            # What is made once is made: imports, caches, the first of everything.
            target.work(pair.calls // 10)
            live, resident = self.live(target), target.resident()
            self.suspects = suspects(target, pair.calls)
            self.growth = self.live(target) - live
            self.resident = target.resident() - resident

    @staticmethod
    def live(target):
        return target.ask("sites")["answer"]["total_bytes"]

    def __str__(self):
        named = "; ".join(map(str, self.suspects)) or "nobody named"
        return f"live {self.growth / (1 << 20):+.1f} MiB, RSS {self.resident / (1 << 20):+.1f} MiB, {named}"


def problems(pair, leaky, fixed):
    known = pair.calls * pair.leak
    if not 0.8 * known <= leaky.growth <= 1.2 * known:
        yield f"{pair.leaky} is known to keep {known} bytes of so many calls, and kept {leaky.growth}"
    if fixed.growth > known / 20:
        yield f"{pair.fixed} is known to leak no more, and grew by {fixed.growth}"
    named = [(suspect.file, suspect.function) for suspect in leaky.suspects]
    if named != [pair.site]:
        yield f"of {pair.leaky} {named} were named, not {pair.site} alone"
    elif not any(pair.module in module for module in leaky.suspects[0].modules):
        yield f"no module like {pair.module} is on the stack, but {sorted(leaky.suspects[0].modules)}"
    if fixed.suspects:
        yield f"of {pair.fixed} somebody was named: {'; '.join(map(str, fixed.suspects))}"


def main():
    parser = argparse.ArgumentParser(description="Releases with a known leak, and their fixes, under silt.")
    parser.add_argument("names", nargs="*", help="packages whose name contains one of these; all without")
    parser.add_argument("--library", required=True, help="path of libsilt.so")
    parser.add_argument("--silt", required=True, help="path of silt")
    parser.add_argument("--releases", help="folder to keep the releases in")
    options = parser.parse_args()
    options.library, options.silt = os.path.abspath(options.library), os.path.abspath(options.silt)
    releases = Releases(INTERPRETER, options.releases)
    passed, failed, skipped = [], [], []
    try:
        for pair in PAIRS:
            if options.names and not any(name in pair.package for name in options.names):
                continue
            begun = time.monotonic()
            try:
                leaky, fixed = (Finding(options, releases, pair, version) for version in (pair.leaky, pair.fixed))
                found = list(problems(pair, leaky, fixed))
                print(f"{pair.package} {pair.leaky}: {leaky}\n{pair.package} {pair.fixed}: {fixed}")
                (failed if found else passed).append(pair.package)
                print(f"{'failed' if found else 'passed'}: {pair.package} ({time.monotonic() - begun:.0f} s)",
                      *found, sep="\n    ", flush=True)
            except Unavailable as reason:
                skipped.append(pair.package)
                print(f"SKIPPED: {pair.package}: {reason}", file=sys.stderr, flush=True)
            except (OSError, RuntimeError) as error:
                failed.append(pair.package)
                print(f"failed: {pair.package}: {type(error).__name__}: {error}", flush=True)
    finally:
        releases.close()
    print(f"{len(passed)} pairs told apart, {len(failed)} failed, {len(skipped)} SKIPPED {' '.join(skipped)}".rstrip())
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
