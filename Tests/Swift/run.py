#!/usr/bin/python3
"""Runs `swift test` with the arguments given, and ends with what failed, so that the end of a long output tells it.

    /usr/bin/python3 Tests/Swift/run.py -c release --skip-build

Everything is passed on as it comes. After a failure the last lines name each recorded issue (file, line, message) and
its test; where the tests ended early (a crash, a kill, a time-out), those that had begun and not ended. The exit
status is that of `swift test`.
"""

import re
import subprocess
import sys

LINES_AT_MOST = 16  # CI keeps the last 20 of its output
WIDTH = 300

COLOR = re.compile(r"\x1b\[[0-9;]*m")
ISSUE = re.compile(r"✘ Test (.*?) recorded an issue(?: with \d+ arguments? (.*?))? at (\S+?:\d+):\d+: (.*)")
STARTED = re.compile(r'◇ Test ("[^"]*"|\S+\(\)) started\.')
ENDED = re.compile(r'[✔✘➜] Test ("[^"]*"|\S+\(\)) .*?(?:passed|failed|skipped)')


class Digest:
    """What failed, gathered line by line."""

    def __init__(self):
        self.issues = {}  # test: {place: [the first one's text, how many]}
        self.last = None  # the issue of which comments may follow
        self.running = {}  # names, in order of start

    def take(self, line):
        if match := ISSUE.match(line):
            name, arguments, place, message = match.groups()
            known = self.issues.setdefault(name, {}).setdefault(place, ["", 0])
            known[1] += 1
            self.last = known if known[1] == 1 else None
            if self.last:
                known[0] = (f"({arguments[:80]}) " if arguments else "") + message
        elif line.startswith("↳ "):
            if self.last:
                self.last[0] += ": " + line[2:].strip()
        else:
            self.last = None
            if match := STARTED.match(line):
                self.running[match[1]] = True
            elif match := ENDED.match(line):
                self.running.pop(match[1], None)

    def lines(self):
        """A line for each test and place, the first place of every test before the second one of any."""
        found = []
        for test, places in self.issues.items():
            for nth, (place, (text, count)) in enumerate(places.items()):
                times = f" [{count} times]" if count > 1 else ""
                found.append((nth, shortened(f"{place}: {test}{times}: {text}")))
        lines = [line for _, line in sorted(found, key=lambda item: item[0])]
        # A crash, a kill or a time-out ends the tests without a word of their own.
        lines = lines or [f"had begun and did not end: {name}" for name in self.running]
        if len(lines) > LINES_AT_MOST:
            lines[LINES_AT_MOST - 1 :] = [f"... and {len(lines) - LINES_AT_MOST + 1} more"]
        return lines or ["nothing that the output names: see its end above"]


def shortened(text):
    return text if len(text) <= WIDTH else text[: WIDTH - 4] + " ..."


def main():
    digest = Digest()
    # Lines are bytes of any kind: what a test prints is its own affair.
    with subprocess.Popen(["swift", "test", *sys.argv[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as tests:
        for line in tests.stdout:
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
            digest.take(COLOR.sub("", line.decode(errors="replace").rstrip("\n")))
    if tests.returncode == 0:
        return 0
    print("\nWhat failed of the Swift tests:", *digest.lines(), sep="\n", flush=True)
    return tests.returncode if tests.returncode > 0 else 128 - tests.returncode


if __name__ == "__main__":
    sys.exit(main())
