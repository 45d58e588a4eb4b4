"""Taking reports, and what has to hold in every one of them."""

import json
import subprocess

from torture.processes import Failed


class Reporter:
    """`silt report`, with the seconds after which it counts as hanging."""

    def __init__(self, silt, seconds=30):
        self.silt, self.seconds = silt, seconds
        self.taken = 0

    def start(self, pid, *options):
        return subprocess.Popen(
            [self.silt, "report", "--json", *options, str(pid)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def try_take(self, pid, *options):
        """The report, or None and why there is none. A crash or a hang of the reader is a failure."""
        process = self.start(pid, *options)
        try:
            output, errors = process.communicate(timeout=self.seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Failed("the reader hangs") from None
        if process.returncode < 0 or process.returncode > 125:
            raise Failed(f"the reader crashed ({process.returncode}): {errors[-300:].decode()}")
        if process.returncode != 0:
            return None, errors.decode().strip()
        self.taken += 1
        report = json.loads(output)
        require_sums(report)
        return report, ""

    def take(self, pid, *options):
        report, why = self.try_take(pid, *options)
        if report is None:
            raise Failed(f"no report: {why}")
        return report


def require_sums(report):
    total = sum(row["bytes"] for row in report["ledger"])
    if total != report["rss_bytes"]:
        raise Failed(f"the rows sum to {total}, RSS is {report['rss_bytes']}")


def degraded(report):
    return set(report["coverage"]["degraded"])


def row(report, cause):
    return sum(row["bytes"] for row in report["ledger"] if row["cause"] == cause)


class Checker:
    """Compares the reports at a program's checkpoints with what the program knows.

    The program does not know what libc allocates for itself, so differences from its first checkpoint are compared.
    """

    def __init__(self, reporter, allowed=(), inspect=None):
        self.reporter, self.allowed, self.inspect = reporter, set(allowed), inspect
        self.first = None
        self.exact = self.inexact = 0

    def __call__(self, check):
        report = self.reporter.take(check.pid, "--stop")
        lost = degraded(report)
        if lost - self.allowed:
            raise Failed(f"at '{check.label}': degraded by {sorted(lost)}")
        if self.inspect:
            self.inspect(check, report)
        if lost:
            self.inexact += 1
            return
        heap = report["heap"]
        if self.first is None:
            self.first = (check, heap)
        start, before = self.first
        for what, known, then, loose in (
            ("live_bytes", check.bytes - start.bytes, before["live_bytes"], check.loose_bytes),
            ("live_blocks", check.blocks - start.blocks, before["live_blocks"], check.loose_blocks),
        ):
            if abs(heap[what] - then - known) > loose:
                raise Failed(
                    f"at '{check.label}': {what} rose by {heap[what] - then}, the program knows {known} (± {loose})"
                )
        self.exact += 1
