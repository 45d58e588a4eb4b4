"""How things are measured here: alternating runs, one ratio a round, medians with their quartiles."""

import os
import statistics
import subprocess
import sys
import time


class Sample:
    """One run. `value` is what the row compares (nanoseconds, seconds), `peak` is peak RSS in KiB where known."""

    def __init__(self, value, cpu=None, peak=None):
        self.value, self.cpu, self.peak = value, cpu, peak


class Row:
    """A line of the table. `values` are one a round, in `unit`; the bound is on their median."""

    def __init__(self, what, of, against, values, unit, bound=None, peak=""):
        self.what, self.of, self.against, self.values = what, of, against, values
        self.unit, self.bound, self.peak = unit, bound, peak

    HEAD = (
        "| what | of | against | measured (quartiles) | bound | holds | peak RSS (of that against) |\n"
        "|---|---|---|---|---|---|---|"
    )

    def __str__(self):
        low, median, high = quartiles(self.values)
        spread = self.show(median)
        if len(self.values) > 1:
            spread += f" ({self.show(low)} to {self.show(high)})"
        bound = "" if self.bound is None else self.show(self.bound)
        holds = "" if self.bound is None else "yes" if median <= self.bound else "**no**"
        return f"| {self.what} | {self.of} | {self.against} | {spread} | {bound} | {holds} | {self.peak} |"

    def show(self, value):
        # A bound of 1.01 asks for the third digit.
        return f"{value:.3f}x" if self.unit == "x" and value < 3 else f"{value:.2f}{'x' if self.unit == 'x' else ' ' + self.unit}"


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0], values[0]
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))


def alternate(subjects, rounds, measure):
    """A list of samples for each subject, after one round that does not count. In the order A B C A B C …, so that a
    noisy minute falls on all; a subject that takes part in fewer rounds leaves the series early."""
    series = [[] for _ in subjects]
    for number in range(rounds + 1):
        for each, subject in zip(series, subjects):
            if number > min(rounds, subject.rounds or rounds):
                continue
            sample = measure(subject)
            subject.clean()
            if number > 0:
                each.append(sample)
    return series


def compare(what, subjects, series, bounds=(), field="value", base=0, memory=True, only=None):
    """Ratios of every other subject against subject `base`, round by round. `bounds`: by subject's name."""
    rows, against = [], subjects[base]
    for subject, samples in zip(subjects, series):
        if subject is against or (only and subject.name not in only):
            continue
        values = [getattr(mine, field) / getattr(its, field) for mine, its in zip(samples, series[base])]
        peak = peaks(samples, series[base]) if memory else ""
        rows.append(Row(what, subject.name, against.name, values, "x", dict(bounds).get(subject.name), peak))
    return rows


def peaks(samples, others):
    if not samples or samples[0].peak is None:
        return ""
    mine, its = (statistics.median(each.peak for each in group) for group in (samples, others))
    return f"{mine / 1024:.1f} MiB ({its / 1024:.1f})"


def run(command, subject, folder, input=None):
    """Wall and CPU seconds (user and system, its children's too) and peak RSS of a command that must succeed."""
    used = os.path.join(folder, "used")
    settings = [f"{name}={value}" for name, value in subject.settings().items()]
    begun = time.perf_counter()
    with open(input or os.devnull, "rb") as source:
        done = subprocess.run(
            [os.path.join(folder, "launch"), used, *settings, "--", *subject.launcher, *command], env=clean_environment(), stdin=source,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=folder, text=True, errors="replace",
        )
    taken = time.perf_counter() - begun
    with open(used) as file:
        status, user, system, peak = file.read().split()
    if done.returncode != 0 or status != "0":
        raise SystemExit(f"bench: {subject.name}: {command[0]} ended with status {status}: {done.stderr[-500:]}")
    return Sample(taken, float(user) + float(system), int(peak))


def clean_environment():
    return {key: value for key, value in os.environ.items() if key != "LD_PRELOAD"}


def tell(line):
    print(line, file=sys.stderr, flush=True)
