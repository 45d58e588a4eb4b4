import MemoryModel

/// The same process in several runs of a command: by its program, and by its place among those of that program.
struct ProcessKey: Hashable {
    /// The file name of the program.
    var program: String
    /// From 1, in the order in which they were first seen.
    var position: Int
    /// Processes without the library are found late, and do not count among the others.
    var isCovered = true

    /// What people read: `worker`, `worker#2`.
    var text: String { position == 1 ? program : "\(program)#\(position)" }
}

struct ProcessGroup {
    var key: ProcessKey
    /// One for each run; `nil` where it did not appear.
    var processes: [RecordedProcess?]

    func matches(_ pattern: Glob?) -> Bool {
        guard let pattern else { return true }
        return processes.contains { $0?.matches(pattern) ?? false }
    }
}

/// The processes of some runs, those of one key together, in the order in which they were first seen.
func processGroups(_ runs: [Recording]) -> [ProcessGroup] {
    var groups: [ProcessGroup] = []
    var indices: [ProcessKey: Int] = [:]
    for (run, recording) in runs.enumerated() {
        var seen: [ProcessKey: Int] = [:]
        for process in recording.processes {
            var key = ProcessKey(program: process.program, position: 0, isCovered: process.isCovered)
            seen[key, default: 0] += 1
            key.position = seen[key, default: 0]
            let index = indices[key] ?? groups.count
            if index == groups.count {
                indices[key] = index
                groups.append(ProcessGroup(key: key, processes: Array(repeating: nil, count: runs.count)))
            }
            groups[index].processes[run] = process
        }
    }
    return groups
}

extension RecordedProcess {
    /// Whether a pattern names its program or its command line.
    func matches(_ pattern: Glob) -> Bool {
        pattern.matches(program) || pattern.matches(command.joined(separator: " "))
    }

    /// The file name of the program; a name of its own for a command that is empty.
    fileprivate var program: String {
        guard let first = command.first, !first.isEmpty else { return "(unknown)" }
        return first.split(separator: "/").last.map(String.init) ?? first
    }
}
