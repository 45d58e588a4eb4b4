import MemoryModel

extension Recording {
    /// Without the processes that nothing is asked of; what carried the library only later is another one by then.
    func ignoring(_ patterns: [Glob]) -> Recording {
        var recording = self
        recording.processes.removeAll { process in
            !process.isCovered && !process.staysUncovered || patterns.contains { process.matches($0) }
        }
        return recording
    }
}

extension Baseline {
    /// The same, as far as a baseline tells: it has no command lines.
    func ignoring(_ patterns: [Glob]) -> Baseline {
        var baseline = self
        baseline.processes.removeAll { process in patterns.contains { $0.matches(process.key.program) } }
        return baseline
    }
}
