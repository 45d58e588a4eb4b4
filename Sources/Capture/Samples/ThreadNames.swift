internal import MemoryModel
internal import ProcFS
internal import System

/// The names of those of `wanted` that still run, by their number in the process's own namespace.
func threadNames(of process: borrowing ProcessDirectory, wanted: Set<Int>) -> [Int: String] {
    guard let threads = try? process.threadIDs(), let status = try? process.status() else { return [:] }
    let isNested = status.namespacePIDs.count > 1
    var names: [Int: String] = [:]
    for thread in threads {
        guard let number = isNested ? innermostNumber(of: thread, process) : Int(thread), wanted.contains(number),
            let name = try? process.bytes(of: "task/\(thread)/comm")
        else { continue }
        names[number] = String(decoding: name.prefix { $0 != 0x0a }, as: UTF8.self)
    }
    return names
}

private func innermostNumber(of thread: Int32, _ process: borrowing ProcessDirectory) -> Int? {
    guard let bytes = try? process.bytes(of: "task/\(thread)/status"),
        let status = try? ProcessStatus.parse(bytes)
    else { return nil }
    return status.namespacePIDs.last.map { Int($0) }
}
