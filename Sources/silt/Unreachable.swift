import Attribution
import Capture
import MemoryModel
import Rendering

/// `silt leaks --unreachable PID`: the blocks that nothing in the process leads to; of a recording, what was proved then.
func answerUnreachable(_ process: ProcessOptions, suppressions: [String]) throws {
    let patterns = try suppressions.flatMap(readSuppressions)
    let report: UnreachableReport
    var lead = ""
    switch process.target.subject {
    case .process(let pid):
        do {
            report = sited(suppressed(try proveUnreachable(pid: pid).named(), by: patterns))
        } catch {
            throw Failure(error.message, status: Failure.cannotMeasure)
        }
    case .file(let text):
        let chosen = try SavedMoments(text, process: process.target.process).chosen()
        guard let proved = chosen.moment.unreachable else {
            throw Failure(
                "\(text) has no proof of what is leaked at that moment; record it with 'silt run --leaks --record FILE'",
                status: Failure.cannotMeasure)
        }
        report = suppressed(proved, by: patterns)
        lead = chosen.place.text(textStyle())
    }
    writeToStandardOutput(process.json ? report.json(pretty: true) : lead + report.text(textStyle()))
}

extension ProofError {
    /// One line: what, why, and what to do.
    var message: String {
        switch self {
        case .process(let error): CaptureError.process(error).message
        case .stop: "\(self); try again, or run the proof at its exit: silt run --leaks"
        case .traced: "\(self), a debugger perhaps; detach that first"
        case .forbidden(_, let scope?) where scope == 1:
            "\(self); start the process with SILT_PROOF=1, run silt as root, or prove at its exit: silt run --leaks"
        case .forbidden(_, let scope?) where scope > 1:
            "\(self); run silt as root, or set it to 1 and start the process with SILT_PROOF=1"
        case .forbidden: "\(self); run silt as the user of that process, or as root (see ptrace(2))"
        case .noBooks: "\(self); start it with 'silt run', or with the settings that 'silt env' prints"
        case .noSamples: "\(self); start it with SILT_SAMPLE=1, which knows every block"
        }
    }
}
