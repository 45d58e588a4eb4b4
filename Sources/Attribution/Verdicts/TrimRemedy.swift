import MemoryModel

/// What trimming does now, said in every verdict on free heap: also when it would do nothing.
extension Evidence {
    var trimRemedy: Verdict.Remedy {
        guard trimReturnsSomething else {
            return Verdict.Remedy(
                kind: .now, action: "Do not bother to trim: malloc_trim(0) would return nothing.", predicted: 0)
        }
        return Verdict.Remedy(
            kind: .now,
            action: "Call malloc_trim(0) in the process, which returns \(heap.predictedTrim.text): in Python "
                + "`ctypes.CDLL(\"libc.so.6\").malloc_trim(0)`, from outside "
                + "`gdb -p PID -batch -ex 'call (int)malloc_trim(0)'`.",
            predicted: heap.predictedTrim)
    }

    var arenaRemedy: Verdict.Remedy {
        Verdict.Remedy(
            kind: .lasting,
            action: "Set MALLOC_ARENA_MAX=2, so that threads share arenas instead of keeping free pages in one each.",
            predicted: nil)
    }
}
