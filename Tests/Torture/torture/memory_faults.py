"""Memory that runs out, that is in swap, that Rss does not count: by means of the whole machine, put back at the end."""

import contextlib
import fcntl
import os
import random
import signal
import subprocess
import tempfile
import threading
import time

from torture.processes import Failed, Skipped, environment, require, run
from torture.reports import Checker, degraded, row
from torture.scenario import failing_with, scenario


@contextlib.contextmanager
def alone():
    """One at a time on this machine: settings of the kernel are read, changed and put back."""
    root = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(root, fcntl.LOCK_EX)
        yield
    finally:
        os.close(root)


class MemoryGroup:
    """A control group with a limit of its own: version 1 has a hierarchy for memory, version 2 one for everything."""

    def __init__(self, limit):
        first, second = "/sys/fs/cgroup/memory", "/sys/fs/cgroup"
        is_first = os.path.exists(f"{first}/memory.limit_in_bytes")
        try:
            self.path = tempfile.mkdtemp(prefix="silt-torture.", dir=first if is_first else second)
        except OSError as error:
            raise Skipped(f"no control group can be made: {error.strerror}") from None
        try:
            self.write("memory.limit_in_bytes" if is_first else "memory.max", limit)
        except OSError as error:
            os.rmdir(self.path)
            raise Skipped(f"no control group for memory: {error.strerror}") from None
        with contextlib.suppress(OSError):  # where swap is not counted, or there is none
            self.write("memory.swappiness" if is_first else "memory.swap.max", 0)

    def write(self, name, value):
        with open(os.path.join(self.path, name), "w") as file:
            file.write(str(value))

    def enter(self):
        """For the child, before its program."""
        self.write("cgroup.procs", os.getpid())

    def close(self):
        for _ in range(200):
            try:
                return os.rmdir(self.path)
            except OSError:  # what ended in it is not gone yet
                time.sleep(0.02)
        raise Failed(f"{self.path} is not empty")


def grow_in(group, bench, library, read):
    """Runs the program that grows until the kernel ends it; calls `read` meanwhile. How it ended, and what it said."""
    variables = bench.environment() if library else environment(None)
    process = subprocess.Popen([bench.programs["growing"], str(bench.seed)], env=variables, preexec_fn=group.enter,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    overtime = threading.Timer(60, process.terminate)
    overtime.start()
    try:
        while process.poll() is None:
            read(process.pid)
        return process.wait(), process.stdout.read()
    finally:
        overtime.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


@scenario("a full memory control group: killed at any moment, as without the library")
def killed_in_group(bench):
    """The segment's pages count too: where there is no room for one, the program ends as by any other page."""
    chance = random.Random(bench.seed)
    reports, reasons = 0, set()

    def read(pid):
        nonlocal reports
        report, why = bench.reporter.try_take(pid, *chance.choice(((), ("--stop",))))
        if report:
            reports += 1
            reasons.update(degraded(report))

    for turn in range(bench.amount(6, 16, 200)):
        # From less than the library needs to start up to what takes a moment to fill.
        group = MemoryGroup(chance.choice((1, 2, 4, 16, 48, 96)) << 20)
        try:
            without = grow_in(group, bench, False, lambda pid: time.sleep(0.005))
            preloaded = grow_in(group, bench, True, read)
        finally:
            group.close()
        if without != (-signal.SIGKILL, b"") or preloaded != without:
            raise Failed(f"turn {turn}: it ended with {without}, with the library {preloaded}")
    require(reasons <= {"storage-full", "books-stopped", "segment-building", "segment-missing", "torn"}, f"{reasons}")
    require(reports > 0, "nobody could read it")
    return f"{reports} reports, degraded by {sorted(reasons)}"


def rollup(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        fields = dict(line.split(":", 1) for line in list(file)[1:])
    return {name: int(value.split()[0]) << 10 for name, value in fields.items()}


def agrees_with_kernel(bench, check, report):
    """Rss and swap as the kernel sums them, however they were read; the program waits, so nothing moves."""
    expected = rollup(check.pid)
    for option in ("automatic", "pagemap"):
        again = bench.reporter.take(check.pid, "--residency", option)
        for name, what in (("rss_bytes", "Rss"), ("swap_bytes", "Swap")):
            # Swap of shared memory (the segment's) is in no page table: the kernel looks it up, we do not.
            shown, known = again[name], expected[what]
            if shown != known and not (what == "Swap" and shown < known):
                raise Failed(f"at '{check.label}', {option}: {name} is {shown}, the kernel says {known}")
    require(sum(each["swap_bytes"] for each in report["ledger"]) == report["swap_bytes"], "the swap column's sum")


@contextlib.contextmanager
def huge_pages(count):
    setting = "/proc/sys/vm/nr_hugepages"

    def store(value):
        with open(setting, "w") as file:
            file.write(str(value))

    try:
        with open(setting) as file:
            before = int(file.read())
        store(before + count)
        try:
            with open(setting) as file:
                if int(file.read()) < before + count:
                    raise Skipped("there is no room for huge pages")
            yield
        finally:
            store(before)
    except (FileNotFoundError, PermissionError) as error:
        raise Skipped(f"{setting}: {error.strerror}") from None


@scenario("hugetlb pages, which Rss leaves out")
def hugetlb(bench):
    def inspect(check, report):
        agrees_with_kernel(bench, check, report)
        require(row(report, "mappings") == 0, f"at '{check.label}': {row(report, 'mappings')} bytes of mappings")

    with alone(), huge_pages(4):
        return bench.checked("paged", "huge", checker=Checker(bench.reporter, inspect=inspect))


@contextlib.contextmanager
def swap_file(folder, megabytes):
    path = os.path.join(folder, "swap")
    try:
        with open(path, "wb") as file:
            os.chmod(path, 0o600)
            for _ in range(megabytes):
                file.write(bytes(1 << 20))
        for command in (["mkswap", path], ["swapon", path]):
            done = run(["/sbin/" + command[0], *command[1:]], dict(os.environ))
            if done.status != 0:
                raise Skipped(f"{command[0]}: {done.errors.decode().strip()}")
        try:
            yield
        finally:
            done = run(["/sbin/swapoff", path], dict(os.environ))
            require(done.status == 0, f"swapoff: {done.errors.decode().strip()}")
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


@scenario("heap, mappings and the segment itself in swap")
def swapped(bench):
    def inspect(check, report):
        agrees_with_kernel(bench, check, report)
        if "paged out" in check.label:
            most.append(row_swap(report, "heap.live"))
            require(row_swap(report, "heap.live") > 8 << 20, f"at '{check.label}': {report['ledger']}")
            require(row_swap(report, "mappings") > 4 << 20, f"at '{check.label}': {report['ledger']}")

    most = []
    with alone(), swap_file(bench.folder, 64):
        said = bench.checked("paged", "swap", checker=Checker(bench.reporter, inspect=inspect))
    return f"{said}, {max(most) >> 20} MiB of live heap in swap"


def row_swap(report, cause):
    return sum(each["swap_bytes"] for each in report["ledger"] if each["cause"] == cause)
