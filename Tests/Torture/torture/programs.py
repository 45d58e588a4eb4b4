"""Programs that must do the same with the library as without it, and whose heaps must be what they say."""

from torture.processes import Failed
from torture.reports import Checker, row
from torture.scenario import scenario


@scenario("every entry point, every edge")
def entry_points(bench):
    return bench.checked("entry-points", status=17)


@scenario("reallocations across the mmap threshold")
def reallocations(bench):
    return bench.checked("reallocations", bench.seed)


@scenario("threads born and dying while others allocate")
def threads(bench):
    return bench.checked("threads", bench.seed, 4, bench.amount(500, 2000, 100000), 8)


@scenario("64 arenas, blocks freed in other threads")
def arenas(bench):
    return bench.checked("threads", bench.seed, 64, bench.amount(100, 500, 5000), 64)


@scenario("a thousand threads at once")
def thousand(bench):
    def bounded(check, report):
        silt = row(report, "silt")
        heap = report["heap"]["live_bytes"] + row(report, "heap.retained") + row(report, "heap.kept")
        # DESIGN section 4: 0.1 % of the heap, 512 KiB a process, 64 KiB a thread.
        # The last part is the unwinder's: 64 threads have a table of it, and it has some of its own.
        bound = heap // 1000 + (512 << 10) + (64 << 10) * 1005 + (300 << 10) * 64 + (1 << 20)
        if silt > bound:
            raise Failed(f"the silt row is {silt} bytes, more than {bound}")
        largest.append(silt)

    largest = []
    checker = Checker(bench.reporter, inspect=bounded)
    # The bound is of the rate by default.
    said = bench.checked("threads", bench.seed, 1000, bench.amount(10, 100, 1000), 16, 300, checker=checker,
                         variables={"SILT_SAMPLE": ""})
    return f"{said}, silt row at most {max(largest) >> 10} KiB"


@scenario("destructors of thread-locals and keys")
def tls_destructors(bench):
    return bench.checked("tls-destructors")


@scenario("allocation in constructors, destructors, atexit and atfork handlers")
def handlers(bench):
    return bench.checked("handlers", status=9)


@scenario("modules loaded and unloaded in four threads, exceptions through them")
def modules(bench):
    return bench.checked("modules", bench.programs["thrower-module"], bench.amount(30, 150, 3000))


@scenario("longjmp, alternate signal stacks, contexts")
def jumps(bench):
    return bench.checked("jumps")


@scenario("signal handlers that map memory while threads allocate")
def signals(bench):
    # A handler that interrupts a change of the ranges must give its own change up, and the report must say so.
    checker = Checker(bench.reporter, allowed=["ranges-busy"])
    return bench.checked("signals", bench.seed, bench.amount(1000, 4000, 100000), checker=checker)


@scenario("mappings that the kernel refuses; what moves the mmap threshold")
def mappings(bench):
    def inspect(check, report):
        own, threshold = row(report, "mappings"), report["tunables"]["mmap_threshold_bytes"]
        if own != (0 if check.label == "freed" else 8 << 20):
            raise Failed(f"at '{check.label}': the mappings row is {own}")
        if (threshold == 128 << 10) != (check.label != "freed"):
            raise Failed(f"at '{check.label}': the threshold is {threshold}")

    return bench.checked("mappings", checker=Checker(bench.reporter, inspect=inspect))
