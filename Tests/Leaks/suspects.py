"""Whom silt names as a leak: the one place that knows which command says so."""

import dataclasses
import os
import time


@dataclasses.dataclass
class Suspect:
    file: str
    function: str
    line: int
    word: str  # growing or suspect
    bytes: int  # that it holds
    modules: set  # on its stacks

    def __str__(self):
        return f"{self.word}: {self.file}:{self.line} {self.function} ({self.bytes / (1 << 20):.1f} MiB)"


# Over how long the calls are spread: what silt leaks judges is the second half of what was seen.
STEPS, PAUSE_SECONDS = 40, 0.4


def suspects(target, calls):
    """Lets the target work for a while, and returns whom `silt leaks` names then, from one reading."""
    for _ in range(STEPS):
        target.work(max(1, calls // STEPS))
        time.sleep(PAUSE_SECONDS)
    found = []
    for group in target.ask("leaks")["leaks"]["groups"]:
        file, function, line = site(group)
        found.append(Suspect(file, function, line, group["word"], group["bytes"], modules(target, site(group))))
    return found


def site(group):
    frame = group["frames"][0] if group["frames"] else {"file": None, "module": None, "function": None, "line": None}
    return os.path.basename(frame["file"] or frame["module"] or ""), frame["function"] or "", frame["line"]


def modules(target, wanted):
    """Of the stacks that lead through a site, whole: the code between it and the allocator is no part of `silt sites`."""
    found = set()
    for group in target.ask("sites", "--by", "stack")["answer"]["groups"]:
        places = [(os.path.basename(frame["file"] or ""), frame["function"], frame["line"]) for frame in group["frames"]]
        if wanted in places:
            found |= {frame["module"] for frame in group["frames"][: places.index(wanted)] if frame["module"]}
    return found
