import ArgumentParser
import Budgets
import Glibc
import JSONText
import MemoryModel
import System

/// What runs are held against.
struct CheckSources: ParsableArguments {
    @Option(help: ArgumentHelp("Limits: JSON with comments.", valueName: "file"))
    var budget: String?

    @Option(help: ArgumentHelp("Earlier runs (silt.baseline/1), as --update-baseline writes them.", valueName: "file"))
    var baseline: String?

    @Option(
        help: ArgumentHelp(
            "How far any size may be from the baseline, such as '1 MiB', instead of what its spread says.",
            valueName: "size"))
    var tolerance: String?

    func validate() throws {
        guard budget != nil || baseline != nil else {
            throw ValidationError("nothing to check against: give --budget FILE or --baseline FILE")
        }
        if let tolerance, sizeInBytes(tolerance) == nil {
            throw ValidationError("'\(tolerance)' is no size: give --tolerance one such as '1 MiB'")
        }
    }

    /// - Parameter isUpdate: Whether the baseline need not be there yet.
    func options(isUpdate: Bool) throws -> CheckOptions {
        var options = CheckOptions()
        options.budgetFile = budget
        options.baselineFile = baseline
        options.tolerance = tolerance.flatMap { sizeInBytes($0) }
        if let budget {
            options.budget = try parsed(budget, "the budget", Budget.parse)
            try check(options.budget)
        }
        if let baseline, unsafe !isUpdate || access(baseline, F_OK) == 0 {
            options.baseline = try parsed(baseline, "the baseline", Baseline.parse)
        }
        return options
    }

    private func check(_ budget: Budget?) throws {
        guard baseline == nil, let budget, let file = self.budget else { return }
        if let relative = budget.limits.first(where: \.bound.isRelative) {
            throw Failure(
                "\(file), line \(relative.line): the limit is relative to a baseline; give --baseline FILE",
                status: Failure.usage)
        }
        if budget.limits.isEmpty {
            throw Failure("\(file) has no limits; write some, or give --baseline FILE", status: Failure.usage)
        }
    }

    private func parsed<Value>(
        _ path: String, _ what: String, _ parse: ([UInt8]) throws(JSONError) -> Value
    ) throws -> Value {
        let bytes: [UInt8]
        do {
            bytes = try Descriptor.open(path).readAll(atMost: 64 << 20)
        } catch {
            throw Failure("cannot read \(what): \(error); give another file", status: Failure.usage)
        }
        do {
            return try parse(bytes)
        } catch {
            throw Failure("\(path), \(error)", status: Failure.usage)
        }
    }

    /// That a baseline could be written when the command has run; nothing is made yet.
    func checkWritable() throws {
        guard let baseline else { return }
        let parts = baseline.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let folder = parts.isEmpty ? "." : parts.joined(separator: "/") + "/"
        let isThere = unsafe access(baseline, F_OK) == 0
        guard unsafe access(isThere ? baseline : folder, isThere ? W_OK : W_OK | X_OK) == 0 else {
            throw Failure(
                "cannot write the baseline: \(baseline) may not be written; give --baseline another path",
                status: Failure.usage)
        }
    }

    func write(_ baseline: Baseline) throws {
        guard let path = self.baseline else { return }
        do {
            // Beside it first: the runs of months are not to be lost to a full disk.
            let draft = "\(path).part"
            let file = try Descriptor.open(draft, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o666)
            try file.write(Array((baseline.json.text(pretty: true) + "\n").utf8))
            try moveFile(draft, to: path)
        } catch {
            throw Failure("cannot write the baseline: \(error); free some space there", status: Failure.cannotMeasure)
        }
    }
}
