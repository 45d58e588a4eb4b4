"""Readers that die, and targets that die while they are read."""

import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import threading
import time

from torture.processes import Failed, environment
from torture.scenario import scenario


@scenario("a reader is killed at any moment of --stop")
def reader_killed(bench):
    chance = random.Random(bench.seed)
    killed = []

    def kill_readers(process):
        while process.poll() is None:
            reader = bench.reporter.start(process.pid, "--stop")
            time.sleep(chance.uniform(0, 0.04))
            reader.kill()
            reader.communicate()
            killed.append(reader.returncode)

    def on_start(process):
        threading.Thread(target=kill_readers, args=(process,), daemon=True).start()

    turns = bench.amount(3000, 8000, 60000)
    bench.compare("threads", bench.seed, 2, turns, 4, checker=lambda check: None, on_start=on_start)
    if killed.count(-9) < 5:
        raise Failed(f"only {killed.count(-9)} of {len(killed)} readers were killed")
    return f"{killed.count(-9)} readers killed"


@scenario("a target is killed at any moment of a report")
def target_killed(bench):
    chance = random.Random(bench.seed)
    command = [bench.programs["threads"], str(bench.seed), "3", "1000000", "4"]
    read = 0
    for turn in range(bench.amount(15, 40, 400)):
        target = subprocess.Popen(
            command, env=bench.environment(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            target.stdin.write(b"\n" * 10)
            target.stdin.flush()
            killer = threading.Timer(chance.uniform(0, 0.08), target.kill)
            killer.start()
            time.sleep(chance.uniform(0, 0.03))
            report, _ = bench.reporter.try_take(target.pid, *(["--stop"] if turn % 2 else []))
            read += report is not None
            killer.join()
        finally:
            target.kill()
            target.wait()
            target.stdin.close()
    return f"{read} were read in time"


@scenario("threads that start one another are stopped in time, or not at all")
def relay(bench):
    """A report or a refusal; the reader must end, and the program must run on."""
    target = subprocess.Popen(
        [bench.programs["relay"]], env=bench.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        if target.stdout.readline() != b"running\n":
            raise Failed("it does not run")
        taken = [bench.reporter.try_take(target.pid, "--stop") for _ in range(bench.amount(2, 4, 20))]
        target.stdin.close()
        if target.wait(timeout=60) != 7:
            raise Failed(f"it ended with {target.returncode}")
    finally:
        target.kill()
        target.wait()
        target.stdout.close()
    return f"{sum(report is not None for report, _ in taken)} of {len(taken)} were read"


def watched_run(bench, folder, directory, out):
    """Starts `silt run` on a program of several processes; what that did comes to files, whoever watches it."""
    script = '"$@" >"$OUT/output" 2>"$OUT/errors"; echo $? >"$OUT/new"; mv "$OUT/new" "$OUT/status"'
    command = ["sh", "-c", script, "sh", bench.programs["forks"], str(bench.seed), "6", "1000"]
    options = ["--all", "--json", "--out", os.path.join(folder, "report")]
    return subprocess.Popen(
        [bench.reporter.silt, "run", *options, "--", *command], env=environment(None, SILT_DIR=directory, OUT=out),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def result_of_run(out):
    """Output, errors and status of the program, once it has ended."""
    for _ in range(6000):
        if os.path.exists(os.path.join(out, "status")):
            break
        time.sleep(0.01)
    else:
        raise Failed("the program does not end")
    said = [pathlib.Path(out, name).read_bytes() for name in ("output", "errors", "status")]
    # Nobody answers its checkpoints, whose lines name processes.
    return [b"\n".join(line for line in text.split(b"\n") if not line.startswith(b"check ")) for text in said]


@scenario("silt run is killed at any moment")
def run_killed(bench):
    chance = random.Random(bench.seed)
    count = bench.amount(20, 60, 200)
    folder = tempfile.mkdtemp(dir=bench.folder)
    # A name of its own, short enough for a socket.
    directory = tempfile.mkdtemp(dir="/dev/shm", prefix="silt-r.")
    killed, left, expected = 0, 0, None
    try:
        for turn in range(count + 2):
            out = tempfile.mkdtemp(dir=folder)
            began = time.monotonic()
            silt = watched_run(bench, folder, directory, out)
            if turn in (0, count + 1):  # undisturbed: how long it takes, what it does; and whether it clears up
                silt.wait(timeout=120)
                whole = time.monotonic() - began
            else:
                time.sleep(chance.uniform(0, whole * 1.1))
                silt.kill()
                silt.wait()
                killed += silt.returncode == -9
            if silt.returncode == -9 and not os.path.exists(os.path.join(out, "output")):
                # Before its command was started, for all that can be known: it is, within a moment, or never.
                time.sleep(0.2)
                if not os.path.exists(os.path.join(out, "output")):
                    continue
            result = result_of_run(out)
            expected = expected or result
            if result != expected:
                raise Failed(f"turn {turn}: {result}, undisturbed {expected}")
            left += len(os.listdir(directory)) > 0
        if expected[2] != b"0\n" or b"0 blocks left" not in expected[0]:
            raise Failed(f"the program itself fails: {expected}")
        if silt.returncode != 0 or os.listdir(directory):
            raise Failed(f"the last run ended with {silt.returncode} and left {os.listdir(directory)}")
        if killed < count // 2:
            raise Failed(f"only {killed} of {count} were killed")
    finally:
        shutil.rmtree(directory)
    return f"{killed} of {count} killed, {left} left something that the next one cleared"


@scenario("targets start and end while they are reported on")
def coming_and_going(bench):
    total, at_once = bench.amount((50, 8), (150, 8), (1000, 16))
    command = [bench.programs["jumps"]]
    running, started, read = [], 0, 0
    try:
        while started < total or running:
            while started < total and len(running) < at_once:
                running.append(
                    subprocess.Popen(command, env=bench.environment(), stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                )
                started += 1
            report, _ = bench.reporter.try_take(running[-1].pid, *(["--stop"] if started % 2 else []))
            read += report is not None
            for process in [each for each in running if each.poll() is not None]:
                running.remove(process)
                output = process.communicate()[0]
                if process.returncode != 0 or b"blocks held" not in output:
                    raise Failed(f"one ended with {process.returncode}: {output[-300:].decode()}")
    finally:
        for process in running:
            process.kill()
            process.communicate()
    return f"{read} reports of {total} processes"
