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
}

/// The samples, `nil` where none are taken. Where they cannot be read the books are as good as ever.
///
/// - Parameter books: Of the same segment, read just before.
func unnamedSamples(
    in file: borrowing SegmentFile, beside books: SegmentBooks, degraded: inout [String]
) -> UnnamedSamples? {
    do {
        guard let samples = try file.readSamples() else { return nil }
        return UnnamedSamples(
            samples: samples, mappings: books.ownMappings, readAt: UInt64(clamping: Clock.monotonic()))
    } catch {
        degraded.append("samples-unreadable")
        return nil
    }
}

/// The samples with the names of the code that allocated them, as far as its files tell.
///
/// - Parameter library: The path of the shim.
func named(
    _ unnamed: UnnamedSamples, of process: borrowing ProcessDirectory, mappings: [Mapping], library: String
) -> SampledHeap {
    let samples = unnamed.samples
    let used = samples.usedStacks(mappings: unnamed.mappings)
    var native: Set<SegmentSamples.NativeFrame> = []
    var python: Set<SegmentSamples.PythonFrame> = []
    for stack in used.lazy.compactMap({ samples.stacks[$0] }) {
        native.formUnion(samples.nativeFrames(of: stack))
        python.formUnion(samples.pythonFrames(of: stack))
    }
    let names = frameNames(native, modules: samples.modules, of: process, mappings: mappings)
    var heap = SampledHeap(
        samples, mappings: unnamed.mappings, used: used, names: names,
        pythonNames: PythonFrameNames(python, in: samples), library: library)
    heap.readAt = unnamed.readAt
    let threads = Set(heap.live.lazy.map(\.thread)).union(heap.left.lazy.map(\.thread))
    heap.threadNames = threadNames(of: process, wanted: threads)
    return heap
}

/// The names of code, from the files that the process has mapped and from those that its compilers wrote.
private func frameNames(
    _ frames: Set<SegmentSamples.NativeFrame>, modules: [SegmentSamples.Module?],
    of process: borrowing ProcessDirectory, mappings: [Mapping]
) -> FrameNames {
    guard let status = try? process.status(), let root = try? process.open("root", flags: directoryFlags),
        let debugRoot = try? process.open("root", flags: directoryFlags)
    else {
        return FrameNames(frames, modules: modules, inModule: { _, _ in [:] }, inNoModule: { _ in [:] })
    }
    let pid = Int(status.namespacePIDs.last ?? process.pid)
    let map = perfMap(root: root, pid: pid, owner: status.uids[1])
    let files = ModuleFiles(
        root: root, mappings: mappings, links: try? process.open("map_files", flags: directoryFlags))
    var resolved = modules
    for (index, module) in modules.enumerated() where module != nil { resolved[index] = files.resolved(module!) }
    let symbolizer = Symbolizer(root: debugRoot)
    return FrameNames(
        frames, modules: resolved,
        inModule: { addresses, module in
            let modules = [LoadedModule(module)]
            let found = symbolizer.frames(of: addresses, in: modules) { _ in files.openMapped(module) }
            guard found.values.allSatisfy({ $0.allSatisfy { $0.function.isEmpty } }) else { return found }
            return symbolizer.frames(of: addresses, in: modules) { _ in files.openNamed(module) }
        },
        inNoModule: { addresses in
            PerfMap.names(of: addresses, in: map).reduce(into: [:]) {
                $0[$1.key] = PerfMap.frame(named: $1.value, at: $1.key)
            }
        })
}

extension LoadedModule {
    fileprivate init(_ module: SegmentSamples.Module) {
        self.init(
            path: module.path, buildID: module.buildID.isEmpty ? nil : BuildID(module.buildID),
            bias: ByteCount(Int(truncatingIfNeeded: module.bias)), range: module.range)
    }
}
