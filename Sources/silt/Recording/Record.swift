import Capture
import MemoryModel
import System

/// Runs a command with the books kept, and records it.
///
/// - Parameters:
///   - interval: Seconds between two looks at a process; what is not cheap is done less often.
///   - path: Where the recording goes; `nil` keeps it in memory only.
///   - isWatched: Whether a line on the terminal tells how it goes.
/// - Returns: the recording, whose `degraded` says where the file is not whole.
func record(
    _ options: RunOptions, interval: Double, to path: String?, isWatched: Bool = true
) throws -> Recording {
    var file: RecordingFile?
    if let path {
        do {
            file = try RecordingFile(path)
        } catch {
            throw Failure("cannot write the recording: \(error); give --record another path", status: Failure.usage)
        }
    }
    var options = options
    options.interval = interval
    // Of one core, for looks and readings; with silt's start, the last readings and their names, 1 % of a run of 20 s.
    options.share = 0.004
    let empty = Recording(
        version: Silt.version, command: options.command, environment: recordedEnvironment(),
        startedAt: Double(Clock.sinceEpoch()) / 1e9, intervalSeconds: interval)
    let recorder = Recorder(empty, file: file, line: isWatched ? LiveLine() : nil)
    let end: Child.End
    do {
        end = try followRun(options, recorder.follow)
    } catch {
        throw Failure(error.message, status: Failure.cannotMeasure)
    }
    switch end {
    case .exited(let status): recorder.finish(.exited(Int(status)))
    case .signaled(let signal): recorder.finish(.signaled(Int(signal)))
    }
    if let failure = recorder.failure {
        writeToStandardError("silt: the recording is not whole: \(failure); free some space there\n")
    }
    return recorder.recording
}
