"""Processes that the kernel restrains: by filters, limits, another root, other rights."""

import os
import resource

from torture.processes import Failed, Skipped, environment, run
from torture.reports import Checker, degraded
from torture.scenario import failing_with, scenario


@scenario("confined by seccomp")
def confined(bench):
    said = 0
    for action in ("kill", "errno"):
        for how in ("prctl", "syscall"):
            with failing_with(f"{action} by {how}"):
                bench.checked("confined", action, how, status=15)
                said += 1
    with failing_with("strict"):
        bench.compare("confined", "kill", "strict", status=14)
    return f"{said} filters, and strict mode"


@scenario("confined by seccomp, with more heap than the books have room for")
def confined_beyond(bench):
    def inspect(check, report):
        seen.append(degraded(report))

    seen = []
    bench.checked(
        "confined", "kill", "prctl", 2000, status=15,
        checker=Checker(bench.reporter, allowed=["confined", "books-stopped"], inspect=inspect),
    )
    if "confined" not in seen[-1]:
        raise Failed(f"the books ended, and the report says {seen[-1]}")


@scenario("RLIMIT_AS, RLIMIT_FSIZE 0, RLIMIT_NOFILE 3")
def limits(bench):
    for how, limit, used in (
        ("inherited", 64, 50), ("inherited", 200, 180), ("inherited", 3000, 2750),
        ("setrlimit", 600, 500), ("prlimit", 2000, 1800), ("descriptors", 1 << 20, 10),
    ):
        def preexec(limit=limit << 20):
            if how == "inherited":
                resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))

        with failing_with(f"RLIMIT_AS {limit} MiB {how}"):
            bench.compare("address-space", how, limit, used, preexec=preexec)
    for name, value in (("RLIMIT_FSIZE", 0), ("RLIMIT_FSIZE", 100000), ("RLIMIT_NOFILE", 4)):
        def restrain(name=name, value=value):
            resource.setrlimit(getattr(resource, name), (value, value))

        with failing_with(f"{name} {value}"):
            checker = Checker(bench.reporter, allowed=["segment-missing"])
            bench.compare("jumps", checker=checker, preexec=restrain)


@scenario("another root, another user")
def elsewhere(bench):
    lost = {"segment-missing", "segment-unreadable", "segment-invalid"}
    root = os.path.join(bench.folder, "root")
    os.makedirs(root, exist_ok=True)
    return bench.checked("elsewhere", root, checker=Checker(bench.reporter, allowed=lost))


@scenario("a library that does not exist")
def missing(bench):
    """The loader says so on standard error, and nothing else changes."""
    command = [bench.programs["forks"], "1", "2", "10000"]
    without = run(command, environment(None))
    preloaded = run(command, environment("/no/such/libsilt.so"))
    if (without.output, without.status) != (preloaded.output, preloaded.status):
        raise Failed(without.difference(preloaded))


@scenario("a program with more rights than its caller's")
def secure(bench):
    """In secure mode the loader preloads only setuid libraries of the system's folders: one is covered by ours here."""
    if os.geteuid() != 0:
        raise Skipped("needs root")
    covered = "/lib/x86_64-linux-gnu/libBrokenLocale.so.1"
    if not os.path.exists(covered):
        raise Skipped(f"there is no {covered}")
    script = (
        "set -e; mount -t tmpfs none /mnt; cp $LIBRARY /mnt/l.so; cp $PROGRAM /mnt/p; chown nobody /mnt/p;"
        f"chmod 4755 /mnt/l.so /mnt/p; mount --bind /mnt/l.so {covered};"
        "LD_PRELOAD=libBrokenLocale.so.1 $PROGRAM; LD_PRELOAD=libBrokenLocale.so.1 /mnt/p"
    )
    variables = bench.environment(LIBRARY=bench.library, PROGRAM=bench.programs["secure"])
    del variables["LD_PRELOAD"]
    outcome = run(["unshare", "-m", "sh", "-c", script], variables)
    if outcome.status != 0:
        raise Skipped(f"cannot mount: {outcome.errors.decode().strip()}")
    if outcome.output != b"secure 0, library 1, segment 1\nsecure 1, library 1, segment 0\n":
        raise Failed(outcome.output.decode())
