"""Readers that die, and targets that die while they are read."""

import random
import subprocess
import threading
import time

from torture.processes import Failed
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
