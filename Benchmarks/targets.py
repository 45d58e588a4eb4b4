"""What a target feels and what its books weigh: its row in the ledger, pauses while it is read, very many threads."""

import contextlib
import json
import os
import statistics
import subprocess
import threading
import time

from measure import Row, tell

MIB = 1 << 20


@contextlib.contextmanager
def running(command, variables):
    """A program of Examples/README.md's protocol; ends with its standard input."""
    process = subprocess.Popen(command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait()


def answer(process):
    return json.loads(process.stdout.readline())


def report(silt, pid, *options):
    text = subprocess.run([silt, "report", str(pid), "--json", *options], check=True, capture_output=True, text=True)
    return json.loads(text.stdout)


def own_row(report):
    return sum(row["bytes"] for row in report["ledger"] if row["cause"] == "silt")


def report_rows(made, subject, silt, times):
    """The observer's own row of the ledger, and how long it takes to read a process."""
    rows = []
    for mebibytes in (64, 1024):
        with running([made["resident"], str(mebibytes)], subject.environment()) as process:
            ready = answer(process)
            read = report(silt, ready["pid"])
            bound = (0.001 * ready["live_bytes"] + (512 + 64) * 1024) / 1024
            what = f"`silt` row at {mebibytes} MiB of heap"
            rows.append(Row(what, "silt", "0.1 % + 512 KiB + 64 KiB", [own_row(read) / 1024], "KiB", bound))
            if mebibytes == 1024:
                for option in ("automatic", "pagemap"):
                    taken = [timed(lambda: report(silt, ready["pid"], "--residency", option)) for _ in range(times)]
                    what = f"`silt report` at {read['rss_bytes'] / MIB:.0f} MiB RSS, residency {option}"
                    rows.append(Row(what, "silt", "", taken, "ms", 50.0))
    return rows


def timed(work):
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1e3


class Reader:
    """Reads a process again and again while the block runs. Without a command, nobody does."""

    def __init__(self, command):
        self.command, self.times, self.goes_on = command, 0, True
        self.thread = threading.Thread(target=self.read)

    def read(self):
        while self.goes_on and self.command:
            subprocess.run(self.command, check=True, stdout=subprocess.DEVNULL)
            self.times += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.goes_on = False
        self.thread.join()


def pause_rows(made, subject, silt, turns, milliseconds):
    """The worst time that touching a fresh page, or an mmap and munmap, took while the process was being read.

    The control reads *another* process as large: what that costs is the processor's time, not the reading.
    """
    kinds = ["touch_worst", "touch_9999", "map_worst", "map_9999"]
    with running([made["pause"], "1024"], subject.environment()) as target:
        with running([made["resident"], "1024"], subject.environment()) as other:
            pid, other_pid = answer(target)["pid"], answer(other)["pid"]
            reading = lambda which, *options: [silt, "report", str(which), "--json", *options]
            readers = {
                "no reader": None,
                "another process read (control)": reading(other_pid),
                "read, PAGEMAP_SCAN": reading(pid, "--residency", "pagemapScan"),
                "read, pagemap": reading(pid, "--residency", "pagemap"),
                "read, pagemap and smaps": reading(pid, "--residency", "smaps"),
                "read with --stop": reading(pid, "--stop"),
            }
            found = {name: {kind: [] for kind in kinds} for name in readers}
            for _ in range(turns):
                for name, command in readers.items():
                    with Reader(command) as reader:
                        target.stdin.write(f"{milliseconds}\n")
                        target.stdin.flush()
                        figures = answer(target)
                    for kind in kinds:
                        found[name][kind].append(figures[kind] / 1e3)
                    tell(f"pause, {name}: {reader.times} readings, {figures}")
    words = {"touch_worst": "longest page touch", "touch_9999": "page touch, 99.99 %",
             "map_worst": "longest mmap + munmap", "map_9999": "mmap + munmap, 99.99 %"}
    return [
        Row(f"{words[kind]} at 1 GiB RSS in {milliseconds / 1e3:g} s", name, "", values[kind], "ms")
        for kind in kinds for name, values in found.items()
    ]


def thread_rows(made, alone, subject, silt, scale):
    """1,000 threads at once and 100,000 one after the other: memory, exactness, and what a shared ledger costs."""
    rows = []
    for mode, threads in (("alive", 1000), ("series", max(1000, int(100000 * scale)))):
        command = [made["many"], mode, str(threads), "--gate", "--wait"]
        times = {}
        for each in (alone, subject):
            with running(command, each.environment()) as process:
                pid = answer(process)["pid"]
                before = report(silt, pid)["heap"]["live_bytes"] if each is subject else None
                process.stdin.write("\n")
                process.stdin.flush()
                times[each.name] = answer(process)
                ready = answer(process)
                if each is subject:
                    read = report(silt, pid)
        names = {"alive": f"{threads:,} threads at once", "series": f"{threads:,} threads one after the other"}
        off = read["heap"]["live_bytes"] - before - ready["live_bytes"]
        tell(f"{names[mode]}: {times}, live {ready['live_bytes']}, off by {off}, degraded {read['coverage']['degraded']}")
        rows.append(Row(f"{names[mode]}: live bytes off by", subject.name, "what the program counted", [abs(off)], "B", 0))
        # The bound of the design, with the slots as threads: beyond them threads share.
        slots = min(threads, 512) if mode == "alive" else 1
        bound = (0.001 * ready["live_bytes"] + (512 + 64 * slots) * 1024) / 1024
        rows.append(Row(f"{names[mode]}: `silt` row", subject.name, f"0.1 % + 512 KiB + {slots} x 64 KiB",
                        [own_row(read) / 1024], "KiB", bound))
        for field in ("first_ns", "last_ns") if mode == "alive" else ("first_ns",):
            words = {"alive": {"first_ns": "malloc+free by the first, with a slot", "last_ns": "by the last, sharing"},
                     "series": {"first_ns": "time of a thread"}}[mode][field]
            rows.append(Row(f"{names[mode]}: {words}", subject.name, alone.name,
                            [times[subject.name][field] / times[alone.name][field]], "x"))
    return rows
