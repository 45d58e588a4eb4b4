import Foundation
import MemoryModel
import Recordings
import Testing

extension Scratch {
    var recordingFile: String { "\(folder)/run.json" }

    func recording() throws -> Recording {
        try readRecording([UInt8](try Data(contentsOf: URL(filePath: recordingFile))))
    }
}

/// What records a command in a scratch folder.
func recordCommand(_ scratch: Scratch, _ command: [String], options: [String] = []) -> [String] {
    [Build.silt, "run", "--out", "/dev/null", "--record", scratch.recordingFile] + options + ["--"] + command
}

/// Records a command, and leaves no segment behind.
func record(
    _ program: [String], options: [String] = [], status: Int32 = 0, errors: String = ""
) throws -> (recording: Recording, outcome: Outcome) {
    try withScratch { scratch in
        let environment = targetEnvironment(scratch, preloaded: false, adding: [:])
        let outcome = try run(recordCommand(scratch, program, options: options), environment: environment)
        #expect(outcome.status == status && outcome.errors == errors, "\(outcome)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.segments) == [])
        return (try scratch.recording(), outcome)
    }
}
