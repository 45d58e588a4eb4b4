package import MemoryModel

/// What a run is to do.
package struct RunOptions: Sendable {
    /// What a process has to exceed once to be reported.
    package static let floor = ByteCount.mebibytes(10)

    /// The program and its arguments; never empty.
    package var command: [String]
    /// silt's own: `NAME=VALUE`.
    package var environment: [String]
    /// The path of libsilt.so.
    package var library: String
    /// Report processes of any size.
    package var all: Bool
    /// Mean bytes between two sampled allocations, 1 for every one, 0 for none; `nil` leaves it to the environment's
    /// `SILT_SAMPLE`, or to the library.
    package var sample: Int?
    /// Prove at the end of every process which of its blocks are leaked.
    package var proves: Bool
    /// Seconds between two looks at a process; looks and readings that are not cheap are rarer.
    package var interval = 0.05
    /// The most of a core that looks and readings may take.
    package var share = 0.04

    package init(
        command: [String], environment: [String], library: String, all: Bool = false, sample: Int? = nil,
        proves: Bool = false
    ) {
        self.command = command
        self.environment = environment
        self.library = library
        self.all = all
        self.sample = sample
        self.proves = proves
    }

    /// Whether processes of any size are followed to their end.
    var isForAll: Bool { all || proves }

    /// Where the run's directory is made: what the shim would take for its segment.
    var base: String { Environment.value(of: "SILT_DIR", in: environment) ?? "/dev/shm" }

    /// What the command gets: the library before whatever is preloaded already, and where this run is.
    func commandEnvironment(run: String) -> [String] {
        // ld.so takes colons and blanks to be separators (elf/rtld.c, handle_preload_list).
        let preloaded = Environment.value(of: "LD_PRELOAD", in: environment).map { ":\($0)" } ?? ""
        var own = [
            ("LD_PRELOAD", library + preloaded), ("SILT_DIR", run), ("SILT_RUN", run),
            ("SILT_RUN_FLOOR", String(isForAll ? 0 : RunOptions.floor.rawValue)),
        ]
        if proves { own.append(("SILT_PROOF", "1")) }
        // To a proof every block has to be known.
        let isSet = Environment.value(of: "SILT_SAMPLE", in: environment) != nil
        if let sample = sample ?? (proves && !isSet ? 1 : nil) { own.append(("SILT_SAMPLE", String(sample))) }
        return environment.filter { line in !own.contains { line.hasPrefix("\($0.0)=") } }
            + own.map { "\($0.0)=\($0.1)" }
    }
}

private enum Environment {
    /// The value of a variable, `nil` where it is not set or empty.
    static func value(of name: String, in environment: [String]) -> String? {
        let line = environment.first { $0.hasPrefix("\(name)=") }
        return line.map { String($0.dropFirst(name.utf8.count + 1)) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}
