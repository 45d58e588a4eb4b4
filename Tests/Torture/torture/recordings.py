"""Recordings of what ends badly."""

import json
import os
import signal

from torture.memory_faults import MemoryGroup
from torture.processes import environment, require, run
from torture.reports import require_sums
from torture.scenario import scenario

# Enters the control group, and becomes the program.
ENTER = 'echo $$ > "$0/cgroup.procs" && exec "$@"'


@scenario("a recording of what the kernel kills for its memory")
def recorded_in_group(bench):
    """Only the command is in the group: silt lives, and has all that was seen."""
    path = os.path.join(bench.folder, "run.json")
    group = MemoryGroup(96 << 20)
    try:
        command = ["/bin/sh", "-c", ENTER, group.path, bench.programs["growing"], str(bench.seed)]
        ended = run(
            [bench.reporter.silt, "run", "--record", path, "--out", os.devnull, "--", *command],
            environment(None, SILT_DIR=bench.segments))
    finally:
        group.close()
    require(ended.status in (-signal.SIGKILL, 128 + signal.SIGKILL), f"it ended with {ended.status}: {ended.errors}")
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    require(lines[-1].get("signaled") == signal.SIGKILL, f"the last line is {lines[-1]}")
    # One reading may be several moments.
    moments = {kind: line["report"] for line in lines if line["line"] == "moment"
               for kind in [line["moment"], *line.get("also", [])]}
    require({"peak", "end"} <= moments.keys(), f"moments: {list(moments)}")
    for report in moments.values():
        require_sums(report)
    return f"peak {moments['peak']['rss_bytes'] >> 20} MiB of 96"
