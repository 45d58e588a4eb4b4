"""Running a program with and without the library, answering its checkpoints, and comparing what it did."""

import os
import re
import select
import signal
import subprocess
import time

CHECK = re.compile(rb"^check (\d+) (.+) (-?\d+) (-?\d+) (-?\d+) (-?\d+)$")


class Failed(Exception):
    """What went wrong, for the scenario's line."""


class Skipped(Exception):
    """Why a scenario cannot be tried here."""


def require(condition, what):
    if not condition:
        raise Failed(what)


class Check:
    """A checkpoint: what the program knows to be live, and how much of it may be wrong."""

    def __init__(self, match):
        self.pid = int(match[1])
        self.label = match[2].decode()
        self.bytes, self.blocks, self.loose_bytes, self.loose_blocks = (int(match[i]) for i in range(3, 7))


class Outcome:
    """What a program did: its output without the checkpoints, and how it ended."""

    def __init__(self, output, errors, status):
        self.output, self.errors, self.status = output, errors, status

    def __eq__(self, other):
        return (self.output, self.errors, self.status) == (other.output, other.errors, other.status)

    def difference(self, other):
        for name in ("status", "output", "errors"):
            mine, others = getattr(self, name), getattr(other, name)
            if mine != others:
                return f"{name}: {shortened(mine)} without the library, {shortened(others)} with it"
        return None


def shortened(value):
    text = str(value)
    return text if len(text) < 400 else text[:100] + " … " + text[-290:]


def environment(library=None, **more):
    """This process's own, with that library preloaded and nothing else of ours."""
    variables = {key: value for key, value in os.environ.items() if key not in ("LD_PRELOAD", "SILT_DIR", "SILT_RUN")}
    if library:
        variables["LD_PRELOAD"] = library
    variables.update(more)
    return variables


def end_group(process):
    """Ends a program and whatever it left behind: it was started as the leader of a session of its own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def run(command, variables, on_check=None, seconds=120, preexec=None, on_start=None, cwd=None):
    """Runs a program to its end; calls `on_check` at every checkpoint, before the program goes on."""
    process = subprocess.Popen(
        command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True, preexec_fn=preexec, cwd=cwd,
    )
    try:
        if on_start:
            on_start(process)
        return converse(process, on_check, time.monotonic() + seconds)
    finally:
        end_group(process)
        for pipe in (process.stdin, process.stdout, process.stderr):
            try:
                pipe.close()
            except BrokenPipeError:
                pass


def converse(process, on_check, deadline):
    streams = {process.stdout: b"", process.stderr: b""}
    kept, errors = [], b""
    while streams:
        left = deadline - time.monotonic()
        if left <= 0:
            raise Failed("still running after its time: " + shortened(b"".join(kept)))
        for stream in select.select(list(streams), [], [], min(left, 1))[0]:
            data = os.read(stream.fileno(), 65536)
            if not data:
                rest = streams.pop(stream)
                if stream is process.stderr:
                    errors = rest
                else:
                    kept.append(rest)
                continue
            streams[stream] += data
            if stream is process.stdout:
                *lines, streams[stream] = streams[stream].split(b"\n")
                for line in lines:
                    answer(process, line, kept, on_check)
        if process.poll() is not None and not select.select(list(streams), [], [], 0.2)[0]:
            break  # a grandchild holds the pipes
    else:
        return Outcome(b"".join(kept), errors, process.wait(timeout=max(1, deadline - time.monotonic())))
    return Outcome(b"".join(kept), streams.get(process.stderr, errors), process.wait())


def answer(process, line, kept, on_check):
    match = CHECK.match(line)
    if not match:
        kept.append(line + b"\n")
        return
    try:
        if on_check:
            on_check(Check(match))
    finally:
        try:
            os.write(process.stdin.fileno(), b"\n")
        except BrokenPipeError:
            pass
