"""What is sampled: programs do the same at every rate, and stacks are those of the code that allocated."""

import os

from torture.processes import Failed, Skipped, require, run
from torture.reports import Checker
from torture.scenario import scenario
from torture.segments import Samples

ONE, OTHER = "allocating-module", "allocating-smaller-module"
# enum silt_unwinder
OFF, LIBUNWIND, MISSING = 0, 1, 2


def frames(bench, inspect, rate="1"):
    """Runs the program of hard frames; `inspect` gets its samples at the checkpoint."""
    checker = Checker(bench.reporter, inspect=lambda check, _: inspect(Samples(bench.segments, check.pid), check.pid))
    return bench.checked("frames", bench.programs[ONE], bench.programs[OTHER], bench.amount(40, 200, 4000),
                         checker=checker, variables={"SILT_SAMPLE": rate})


@scenario("hard frames: modules in turn at one address, 10,000 deep, mapped code, coroutines")
def hard_frames(bench):
    def inspect(samples, _):
        require(samples.unwinder == LIBUNWIND and samples.dropped == 0, "samples were lost")
        for first, name in ((7001, ONE), (8001, OTHER)):
            for request in range(first, first + 8):
                stacks = samples.of(request)
                require(len(stacks) == 1 and stacks[0], f"{request}: {stacks}")
                modules = [module for module, _ in stacks[0][0]]
                # inner, allocate_in_module, load_in_turn, main, what starts it
                require(modules[:2] == [f"{name}.so"] * 2 and modules[2:4] == ["", ""] and len(modules) > 4, f"{request}: {modules}")
        ((deepest, is_cut),) = samples.of(9001)
        require(len(deepest) == 64 and is_cut, f"of 10,000 frames {len(deepest)}, cut: {is_cut}")
        ((jitted, _),) = samples.of(9002)
        require([module for module, _ in jitted[:2]] == ["", None], f"mapped code: {jitted}")

    return frames(bench, inspect)


@scenario("the same when hardly anything is sampled")
def few_samples(bench):
    return frames(bench, lambda samples, _: require(samples.mean == 65536, "another rate"), "65536")


@scenario("stacks that return are those that the program was on, in changing frames, coroutines and signal handlers")
def stacks_again(bench):
    bench.compare("stacks-again", bench.seed, bench.amount(300, 1000, 30000), variables={"SILT_SAMPLE": "1"})


@scenario("nothing is sampled, and libunwind stays away")
def no_samples(bench):
    def inspect(samples, pid):
        with open(f"/proc/{pid}/maps") as maps:
            require("libunwind" not in maps.read(), "libunwind is mapped")
        require(samples.mean == 0 and samples.unwinder == OFF and not samples.live, "there are samples")

    return frames(bench, inspect, "0")


@scenario("every allocation sampled while all descriptors are the program's own")
def own_descriptors(bench):
    files = os.path.join(bench.folder, "own-files")
    os.makedirs(files, exist_ok=True)
    bench.compare("descriptors", files, variables={"SILT_SAMPLE": "1"})
    for name in os.listdir(files):
        path = os.path.join(files, name)
        require(os.path.getsize(path) == 0, f"somebody wrote into {name}")
        os.remove(path)


def libunwind():
    """The file that the loader finds."""
    for line in run(["/sbin/ldconfig", "-p"], dict(os.environ)).output.decode().splitlines():
        if line.split()[:1] == ["libunwind.so.8"]:
            return os.path.realpath(line.split()[-1])
    raise Skipped("there is no libunwind")


@scenario("libunwind missing: samples without stacks, and the header says so")
def missing(bench):
    def inspect(check):
        samples = Samples(bench.segments, check.pid)
        require(samples.unwinder == MISSING, f"the unwinder is said to be {samples.unwinder}")
        require(len(samples.live) > 10 and not any(stack for _, stack in samples.live), "there are stacks")
        require(samples.without_stack >= len(samples.live), "samples without stacks are not counted")
        looked.append(check)

    looked = []
    # A file that is no library lies over it, for this program alone.
    script = 'mount --bind /dev/null "$1" || exit 98; shift; LD_PRELOAD=$LIBRARY exec "$@"'
    command = [bench.programs["frames"], bench.programs[ONE], bench.programs[OTHER], "40"]
    variables = bench.environment(SILT_SAMPLE="1", LIBRARY=bench.library)
    del variables["LD_PRELOAD"]
    outcome = run(["unshare", "-m", "sh", "-c", script, "sh", libunwind(), *command], variables, on_check=inspect)
    if outcome.status == 98 or b"unshare" in outcome.errors:
        raise Skipped(f"cannot mount: {outcome.errors.decode().strip()}")
    require(outcome.status == 0 and looked, f"ended with {outcome.status}: {outcome.errors.decode()}")
