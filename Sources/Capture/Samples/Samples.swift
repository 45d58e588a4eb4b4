internal import Glibc
internal import MemoryModel
internal import ProcFS
internal import Segment
internal import Symbols
internal import System

/// Samples as the segment has them.
struct UnnamedSamples {
    var samples: SegmentSamples
    /// The program's mappings, some of which have stacks.
    var mappings: [SegmentBooks.OwnMapping]
    /// `CLOCK_MONOTONIC` when they were read.
    var readAt: UInt64
    var threads: [UnnamedThread] = []
}

/// The samples, `nil` where none are taken. Where they cannot be read the books are as good as ever.
///
/// - Parameter books: Of the same segment, read just before.
func unnamedSamples(
    in file: borrowing SegmentFile, beside books: SegmentBooks, degraded: inout [String]
) -> UnnamedSamples? {
    do {
        let now = UInt64(clamping: Clock.monotonic())
        guard let samples = try file.readSamples(now: now) else { return nil }
        return UnnamedSamples(
            samples: samples, mappings: books.ownMappings, readAt: now)
    } catch {
        degraded.append("samples-unreadable")
        return nil
    }
}

/// Samples whose code has no names yet, and all that naming it takes of their process, which may end before.
///
/// A class, to be kept in collections: it holds descriptors.
final class PendingNames {
    private let unnamed: UnnamedSamples
    /// The path of the shim.
    private let library: String
    private let threadNames: [Int: String]
    /// `nil` where the process is gone already, or may not be looked into.
    private let files: CodeFiles?

    /// How many samples there are.
    var sampleCount: Int { unnamed.samples.live.count + unnamed.samples.left.count }

    init(_ unnamed: UnnamedSamples, of process: borrowing ProcessDirectory, mappings: [Mapping], library: String) {
        self.unnamed = unnamed
        self.library = library
        let samples = unnamed.samples
        files = CodeFiles(of: process, mappings: mappings, modules: samples.modules.compactMap(\.self))
        let threads = Set(samples.live.lazy.map(\.thread)).union(samples.left.lazy.map(\.thread))
        threadNames = Capture.threadNames(of: process, wanted: threads)
    }

    /// The samples with the names of the code that allocated them, as far as its files tell.
    func named() -> SampledHeap {
        let samples = unnamed.samples
        let used = samples.usedStacks(mappings: unnamed.mappings)
        var native: Set<SegmentSamples.NativeFrame> = []
        var python: Set<SegmentSamples.PythonFrame> = []
        for stack in used.lazy.compactMap({ samples.stacks[$0] }) {
            native.formUnion(samples.programFrames(of: stack))
            python.formUnion(samples.pythonFrames(of: stack))
        }
        let starts = unnamed.threads.map { $0.startFrame(in: samples.modules) }
        native.formUnion(starts.compactMap { $0 })
        let names = frameNames(native)
        var heap = SampledHeap(
            samples, mappings: unnamed.mappings, used: used, names: names,
            pythonNames: PythonFrameNames(python, in: samples), library: library, readAt: unnamed.readAt)
        heap.history?.runningThreads = zip(unnamed.threads, starts).map { thread, start in
            RunningThread(
                ageSeconds: thread.ageSeconds, threadPointer: thread.threadPointer,
                start: start.flatMap { names[$0].last })
        }
        heap.threadNames = threadNames
        return heap
    }

    private func frameNames(_ frames: Set<SegmentSamples.NativeFrame>) -> FrameNames {
        let modules = unnamed.samples.modules
        switch files {
        case .some(let files): return files.names(of: frames, modules: modules)
        case .none: return FrameNames(frames, modules: modules, inModule: { _, _ in [:] }, inNoModule: { _ in [:] })
        }
    }
}

/// Where the names of a process's code are: the files that it has mapped, and those that its compilers wrote.
///
/// Opened by descriptors, so that they are to be found when the process has ended.
private struct CodeFiles: ~Copyable {
    private let files: ModuleFiles
    private let symbolizer: Symbolizer
    /// The process as it sees itself.
    private let pid: Int
    /// Its user.
    private let owner: UInt32

    init?(of process: borrowing ProcessDirectory, mappings: [Mapping], modules: [SegmentSamples.Module]) {
        guard let status = try? process.status(), let root = try? process.open("root", flags: directoryFlags),
            let debugRoot = try? process.open("root", flags: directoryFlags)
        else { return nil }
        files = ModuleFiles(
            root: root, mappings: mappings, links: try? process.open("map_files", flags: directoryFlags),
            keeping: modules)
        symbolizer = Symbolizer(root: debugRoot)
        pid = Int(status.namespacePIDs.last ?? process.pid)
        owner = status.uids[1]
    }

    func names(of frames: Set<SegmentSamples.NativeFrame>, modules: [SegmentSamples.Module?]) -> FrameNames {
        var resolved = modules
        for (index, module) in modules.enumerated() where module != nil { resolved[index] = files.resolved(module!) }
        return FrameNames(
            frames, modules: resolved,
            inModule: { addresses, module in
                let modules = [LoadedModule(module)]
                let found = symbolizer.frames(of: addresses, in: modules) { _ in files.openMapped(module) }
                guard found.values.allSatisfy({ $0.allSatisfy { $0.function.isEmpty } }) else { return found }
                return symbolizer.frames(of: addresses, in: modules) { _ in files.openNamed(module) }
            },
            inNoModule: { addresses in
                PerfMap.names(of: addresses, in: files.perfMap(pid: pid, owner: owner)).reduce(into: [:]) {
                    $0[$1.key] = PerfMap.frame(named: $1.value, at: $1.key)
                }
            })
    }
}

extension LoadedModule {
    fileprivate init(_ module: SegmentSamples.Module) {
        self.init(
            path: module.path, buildID: module.buildID.isEmpty ? nil : BuildID(module.buildID),
            bias: ByteCount(Int(truncatingIfNeeded: module.bias)), range: module.range)
    }
}
