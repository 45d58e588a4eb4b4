"""Real programs: CPython, sqlite3, redis-server. Time as ratios, CPU time beside it, instructions by callgrind."""

import os
import random
import re
import shutil
import signal
import subprocess
import time

from measure import Row, Sample, alternate, compare, run, tell
from subjects import memray

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"
BOUND = 1.01


def program_rows(folder, main, peers, rounds, peer_rounds, scale, skipped):
    """`main`: glibc alone, forwarding, silt, in this order."""
    rows, script = [], os.path.join(HERE, "workloads", "python_churn.py")
    if os.access(PYTHON, os.X_OK):
        turns = str(max(2, int(60 * scale)))
        everyone = main + peers + (memray(folder, peer_rounds, skipped) if peers else [])
        rows += timed("CPython (JSON, dict, list)", everyone, rounds, lambda subject: run(
            [*(subject.command or [PYTHON]), script, turns], subject, folder))
        rows += counted("CPython", main, [PYTHON, script, "1"], None, skipped)
    if shutil.which("sqlite3"):
        large, small = write_sql(folder, int(120000 * scale)), write_sql(folder, 1500)
        rows += timed("sqlite3 (inserts, selects)", main + peers, rounds, lambda subject: run(
            ["sqlite3", ":memory:"], subject, folder, large))
        rows += counted("sqlite3", main, ["sqlite3", ":memory:"], small, skipped)
    else:
        skipped.append("sqlite3")
    if shutil.which("redis-server") and shutil.which("redis-benchmark"):
        requests = str(max(2000, int(30000 * scale)))
        # Debian links redis against jemalloc; libc preloaded behind the subject puts it on glibc's malloc.
        rows += timed("redis-server, glibc's malloc", main, rounds, lambda subject: redis(
            folder, subject.environment(["libc.so.6"]), requests))
        rows += timed("redis-server, Debian's with jemalloc", main, rounds, lambda subject: redis(
            folder, subject.environment(), requests), base_name="jemalloc alone")
    else:
        skipped.append("redis-server")
    return rows


def timed(what, subjects, rounds, measure, base_name=None):
    series = alternate(subjects, rounds, measure)
    tell(f"{what}: " + ", ".join(
        f"{subject.name} {sorted(each.value for each in samples)[len(samples) // 2]:.2f} s"
        for subject, samples in zip(subjects, series)))
    names = [subject.name for subject in subjects[:3]]
    rows = compare(f"{what}, wall time", subjects, series, {names[2]: BOUND})
    rows += compare(f"{what}, user + system time", subjects, series, {names[2]: BOUND}, "cpu", memory=False, only=names)
    for row in rows:
        row.against = base_name or row.against
    return rows


def write_sql(folder, count):
    numbers = random.Random(11)
    path = os.path.join(folder, f"{count}.sql")
    with open(path, "w") as file:
        file.write("CREATE TABLE t(id INTEGER PRIMARY KEY, k INT, v TEXT); CREATE INDEX tk ON t(k); BEGIN;\n")
        for i in range(count):
            file.write(f"INSERT INTO t VALUES({i}, {numbers.randrange(1000)}, '{'x' * numbers.randrange(4, 300)}');\n")
            if i % 5 == 0:
                file.write(f"UPDATE t SET v = v || 'y' WHERE id = {numbers.randrange(i + 1)};\n")
            if i % 3 == 0:
                file.write(f"SELECT sum(length(v)), max(k) FROM t WHERE id BETWEEN {i - 40} AND {i};\n")
        file.write("COMMIT; SELECT k, count(*), group_concat(length(v)) FROM t GROUP BY k ORDER BY 2 DESC, 1;\n")
    return path


def redis(folder, variables, requests):
    """A fixed number of requests, pipelined; CPU time is the server's own, from its start to its end."""
    address = os.path.join(folder, "redis.sock")
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", address, "--save", "", "--dir", folder],
        env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    usage = None
    try:
        limit = time.monotonic() + 30
        while not os.path.exists(address):
            if time.monotonic() > limit or server.poll() is not None:
                raise SystemExit("bench: redis-server did not start")
            time.sleep(0.01)
        begun = time.perf_counter()
        subprocess.run(
            ["redis-benchmark", "-s", address, "-n", requests, "-c", "16", "-P", "16", "-r", "20000", "-d", "120", "-q",
             "-t", "set,get,incr,lpush,rpop,sadd,hset,zadd,lrange_100,mset"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        taken = time.perf_counter() - begun
    finally:
        server.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(server.pid, 0)
        server.returncode = os.waitstatus_to_exitcode(status)
    return Sample(taken, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def counted(what, main, command, input, skipped):
    """Instructions of the whole program: no noise, but no caches either."""
    if not shutil.which("valgrind"):
        skipped.append(f"callgrind of {what}")
        return []
    totals = []
    for subject in main:
        variables = subject.environment() | {"PYTHONHASHSEED": "0"}
        with open(input or os.devnull, "rb") as source:
            done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
                                  env=variables, stdin=source, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        totals.append(int(re.search(r"Collected : (\d+)", done.stderr).group(1)))
    tell(f"{what}: {totals} instructions")
    return [
        Row(f"{what}, instructions (callgrind)", subject.name, main[0].name, [total / totals[0]], "x",
            BOUND if subject is main[2] else None)
        for subject, total in zip(main[1:], totals[1:])
    ]
