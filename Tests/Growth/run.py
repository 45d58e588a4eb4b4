"""Programs that grow and programs that do not: whom `silt leaks` names after a while, in one reading.

    run.py --library libsilt.so --silt silt --program growth [--seconds 60] [--jobs 4] [--seeds 1]

Prints a table. Its exit status is 1 where a program was not named rightly.
"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import tempfile

# Scenario: the function and the kind that must be named first, as growing, and nothing else. None: nothing may be named.
EXPECTED = {
    "leak-in-churn": ("forget_session", "heap"),
    "endless-list": ("remember", "heap"),
    "leak-in-one-thread": ("forget_session", "heap"),
    "leak-through-realloc": ("grow_reply", "heap"),
    "leak-of-mappings": ("map_and_forget", "mappings"),
    "leak-of-threads": ("wait_forever", "threads"),
}


def reading(options, scenario, seed, directory):
    """What `silt leaks` says when the scenario's time is over."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SILT_")}
    environment.update(LD_PRELOAD=options.library, SILT_DIR=directory)
    program = subprocess.Popen(
        [options.program, scenario, str(options.seconds), str(seed)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        ready = json.loads(program.stdout.readline())
        answer = subprocess.run(
            [options.silt, "leaks", str(ready["pid"]), "--json"], capture_output=True, text=True, check=True, timeout=120)
        return json.loads(answer.stdout)
    finally:
        program.stdin.close()
        try:
            status = program.wait(60)
        except subprocess.TimeoutExpired:
            program.kill()
            status = program.wait()
        program.stdout.close()
        if status != 0:
            raise RuntimeError(f"{scenario} ended with {status}")


def function(group):
    return group["frames"][0]["function"] if group["frames"] else "?"


def is_right(scenario, groups):
    expected = EXPECTED.get(scenario)
    if expected is None:
        return not groups
    return len(groups) == 1 and (function(groups[0]), groups[0]["kind"]) == expected and groups[0]["word"] == "growing"


def size(count):
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(count) < 1024 or unit == "GiB":
            return f"{count:.{0 if unit == 'B' else 1}f} {unit}"
        count /= 1024


def line(scenario, seed, document):
    leaks = document["leaks"]
    groups = leaks["groups"]
    expected = EXPECTED.get(scenario)
    cells = [f"{scenario:22} {seed:4}  {'growing ' + expected[0] if expected else '-':24}"]
    if not groups:
        cells.append(f"{'-':24}")
    for group in groups:
        rate = group["rate_per_hour"] / 3600
        per_second = f"{rate:.1f}/s" if group["kind"] == "threads" else f"{size(rate)}/s"
        cells.append(
            f"{group['word'] + ' ' + function(group):24} {size(group['bytes']):>10} ± {size(group['error_bytes']):>9} "
            f"{per_second:>12}  {group['score'] * 100:5.1f} %")
    return ("" if is_right(scenario, groups) else "WRONG ") + "  ".join(cells)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", required=True, type=os.path.abspath)
    parser.add_argument("--silt", required=True, type=os.path.abspath)
    parser.add_argument("--program", required=True, type=os.path.abspath)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", nargs="*", help="these scenarios")
    options = parser.parse_args()
    listed = subprocess.run([options.program, "--list"], capture_output=True, text=True, check=True).stdout.split()
    scenarios = options.only or listed
    assert set(EXPECTED) <= set(listed), "a scenario that is expected is not there"
    print(f"{'program':22} seed  {'expected':24}  named as, after {options.seconds:g} s: bytes, rate, score", flush=True)
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="silt-growth-") as directory:
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            runs = [(scenario, seed) for seed in range(1, options.seeds + 1) for scenario in scenarios]
            futures = [pool.submit(reading, options, *run, directory) for run in runs]
            for run, future in zip(runs, futures):
                document = future.result()
                wrong += not is_right(run[0], document["leaks"]["groups"])
                print(line(*run, document), flush=True)
        left = os.listdir(directory)
    print(f"{len(runs) - wrong} of {len(runs)} rightly")
    if left:
        print("left behind:", *left)
    raise SystemExit(1 if wrong or left else 0)


if __name__ == "__main__":
    main()
