"""Whom silt names as a leak: the one place that knows which command says so."""

import dataclasses
import os

# Less is nobody's concern, and no more than two samples.
LEAST = 1 << 20


@dataclasses.dataclass
class Suspect:
    file: str
    function: str
    line: int
    bytes: int  # by which it has grown
    modules: set  # on its stacks

    def __str__(self):
        return f"{self.file}:{self.line} {self.function} (+{self.bytes / (1 << 20):.1f} MiB)"


def suspects(target, calls):
    """Lets the target work, and returns who has grown by more than the error of what it holds then, the largest first.

    Two looks at `silt sites`, between which the target is at work.
    """
    before = {site(group): group["bytes"] for group in target.ask("sites")["answer"]["groups"]}
    target.work(calls)
    grown = []
    for group in target.ask("sites")["answer"]["groups"]:
        growth = group["bytes"] - before.get(site(group), 0)
        if growth > max(group["error_bytes"], LEAST) and group["frames"]:
            file, function, line = site(group)
            grown.append(Suspect(file, function, line, growth, modules(target, site(group))))
    return sorted(grown, key=lambda suspect: -suspect.bytes)


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
