"""Processes that the kernel restrains: by filters, limits, another root, other rights."""

import resource

from torture.processes import Failed
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
