import Foundation

/// Whether `condition` holds within a minute; asked again and again until then.
package func eventually(within seconds: Double = 60, _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = Date().addingTimeInterval(seconds)
    while Date() < deadline {
        if try condition() { return true }
        usleep(2000)
    }
    return try condition()
}

/// Tries with longer and longer pauses until what comes of it is right; what came of the longest one otherwise.
///
/// For what has to happen during a pause, such as a periodic reading of `silt run`, and tells nobody that it did: how
/// long that takes is up to the machine.
///
/// - Parameter seconds: The first pause; the last one is 64 times as long.
package func withPauses<Value>(
    from seconds: Double, _ body: (_ pause: Double) throws -> Value, until isRight: (Value) -> Bool
) rethrows -> Value {
    for factor in [1.0, 4, 16] {
        let value = try body(seconds * factor)
        if isRight(value) { return value }
    }
    return try body(seconds * 64)
}

/// Whether no thread of a process runs, or waits for what comes by itself (a page, a lock of the kernel).
///
/// A program that has said something and waits for an answer rests some time after we have heard it: meanwhile it may
/// touch and map more.
package func rests(_ pid: Int32) -> Bool {
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
    return threads.allSatisfy { thread in
        // "PID (NAME) STATE …" (fs/proc/array.c, do_task_stat).
        let stat = (try? String(contentsOfFile: "/proc/\(pid)/task/\(thread)/stat", encoding: .utf8)) ?? ""
        return !stat.contains(") R ") && !stat.contains(") D ")
    }
}
