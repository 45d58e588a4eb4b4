import Foundation
import MemoryModel
import ProcFS
import System
import TestSupport
import Testing

@testable import Capture
@testable import Segment

@Suite struct `Named samples` {
    static let module = SegmentSamples.Module(
        range: AddressRange(start: Address(0x1000), end: Address(0x9000)), bias: 0x1000, path: "/bin/program")

    /// Stack n: the frames at 0x2000 + n and 0x3000. Sample n has stack n.
    static func samples(stacks: Int) -> SegmentSamples {
        var samples = SegmentSamples(mean: 4096)
        samples.modules = [module]
        for index in 0..<stacks {
            samples.frames += [1 << 48 | UInt64(0x2000 + index), 1 << 48 | 0x3000]
            samples.stacks.append(.init(native: 2 * index..<2 * index + 2, python: 0..<0, isCut: index == 0))
        }
        return samples
    }

    static func sample(_ address: UInt64, stack: Int?) -> HeapSample {
        HeapSample(address: Address(address), bytes: 64, stack: stack)
    }

    static func named(_ samples: SegmentSamples, mappings: [SegmentBooks.OwnMapping] = []) -> SampledHeap {
        let used = samples.usedStacks(mappings: mappings)
        let frames = Set(used.flatMap { samples.nativeFrames(of: samples.stacks[$0]!) })
        let names = FrameNames(
            frames, modules: samples.modules,
            inModule: { addresses, module in
                Dictionary(
                    uniqueKeysWithValues: addresses.map { address in
                        (address, [Frame(function: "f\(String(address.rawValue, radix: 16))", module: module.path)])
                    })
            }, inNoModule: { _ in [:] })
        let python = Set(used.flatMap { samples.pythonFrames(of: samples.stacks[$0]!) })
        return SampledHeap(
            samples, mappings: mappings, used: used, names: names, pythonNames: PythonFrameNames(python, in: samples),
            library: "/libsilt.so")
    }

    @Test func `keep the stacks that something has, and their references`() {
        var samples = Self.samples(stacks: 5)
        samples.live = [Self.sample(1, stack: 3), Self.sample(2, stack: nil), Self.sample(3, stack: 1)]
        samples.left = [Self.sample(4, stack: 3)]
        func mapping(_ stack: Int?) -> SegmentBooks.OwnMapping {
            .init(range: AddressRange(start: Address(1), end: Address(2)), caller: Address(0), stack: stack)
        }
        let heap = Self.named(samples, mappings: [mapping(0), mapping(nil), mapping(77)])
        // The address before the one that the call returns to.
        #expect(
            heap.stacks.map { $0.frames.map(\.function) } == [
                ["f1fff", "f2fff"], ["f2000", "f2fff"], ["f2002", "f2fff"],
            ])
        #expect(heap.stacks.map(\.isCut) == [true, false, false])
        #expect(heap.live.map(\.stack) == [2, nil, 1] && heap.left.map(\.stack) == [2])
        #expect(heap.mappings.map(\.stack) == [0])
    }

    /// Modules of a stack, innermost first: the program's frames stay.
    @Test(arguments: [
        ([0, 0, 1, 1, 0], 2), ([0, 1, 1], 1), ([1, 0, 1, 1, 0], 2), ([0, 0], 2), ([1, 1], 2), ([1], 1), ([0], 1),
        ([0, 1, 0, 0], 4),
    ])
    func `are without the frames that started their thread`(modules: [Int], kept: Int) {
        var samples = SegmentSamples(mean: 4096)
        samples.modules = ["/bin/app", "/usr/lib/libc.so.6"].enumerated().map { index, path in
            SegmentSamples.Module(
                range: AddressRange(start: Address(UInt64(index + 1) << 20), end: Address(UInt64(index + 2) << 20)),
                bias: 0, path: path, buildID: [])
        }
        samples.frames = modules.map { UInt64($0 + 1) << 48 | UInt64($0 + 1) << 20 | 0x100 }
        let stack = SegmentSamples.Stack(native: 0..<modules.count, python: 0..<0, isCut: false)
        #expect(samples.programFrames(of: stack).count == kept)
        #expect(samples.programFrames(of: stack).compactMap(\.module) == Array(modules.prefix(kept)))
        let cut = SegmentSamples.Stack(native: 0..<modules.count, python: 0..<0, isCut: true)
        #expect(samples.programFrames(of: cut).count == modules.count)
    }

    @Test func `name each address once, and say where those without a name are`() {
        var samples = Self.samples(stacks: 2)
        samples.frames[1] = 0x9999
        let frames = Set(samples.stacks.flatMap { samples.nativeFrames(of: $0!) })
        var asked: [Address] = []
        let names = FrameNames(
            frames, modules: samples.modules,
            inModule: { addresses, _ in
                asked += addresses
                return [:]
            },
            inNoModule: { addresses in
                asked += addresses
                return [:]
            })
        #expect(asked.map(\.rawValue).sorted() == [0x1fff, 0x2000, 0x2fff, 0x9998])
        #expect(names[frames.first { $0.module == nil }!] == [Frame(offset: 0x9998)])
        #expect(names[.init(module: 0, address: Address(0x2000))] == [Frame(module: "/bin/program", offset: 0xfff)])
    }

    @Test func `show lines of Python`() {
        var samples = Self.samples(stacks: 1)
        samples.text = [0x80 | 1 << 3 | 1, 0, 0x80 | 11 << 3 | 1, 0, 0]
        samples.codes = [.init(name: "f", file: "f.py", firstLine: 5, lines: 0..<5), nil]
        samples.frames += [0 << 32 | 6, 1 << 32, 0x7fff_ffff << 32, 1 << 63 | 2]
        samples.stacks[0]!.python = 2..<6
        samples.live = [Self.sample(1, stack: 0)]
        #expect(
            Self.named(samples).stacks[0].frames.dropFirst(2) == [
                Frame(function: "f", file: "f.py", line: 6, language: .python),
                Frame(function: "f", file: "f.py", line: 5, language: .python),
            ])
    }

    /// Every stack of a million has 64 frames, on which 64 functions are inlined into one another.
    @Test func `are bounded whatever a segment claims`() {
        var samples = SegmentSamples(mean: 1)
        samples.modules = [Self.module]
        samples.frames = (0..<64).map { 1 << 48 | UInt64(0x2000 + $0) }
        samples.stacks = (0..<2000).map { _ in .init(native: 0..<64, python: 0..<0, isCut: false) }
        samples.live = (0..<2000).map { Self.sample(UInt64($0), stack: $0) }
        let names = FrameNames(
            Set(samples.nativeFrames(of: samples.stacks[0]!)), modules: samples.modules,
            inModule: { addresses, _ in
                let frames = (0..<64).map { Frame(function: "f\($0)", isInlined: true) }
                return Dictionary(uniqueKeysWithValues: addresses.map { ($0, frames) })
            }, inNoModule: { _ in [:] })
        let heap = SampledHeap(
            samples, mappings: [], used: Array(0..<2000), names: names, pythonNames: PythonFrameNames([], in: samples),
            library: "")
        #expect(heap.stacks.count == 1024 && heap.live.count == 2000)
        #expect(heap.degraded == ["frames-full"])
    }

    @Test func `say why names are missing`() {
        var samples = SegmentSamples(mean: 1)
        #expect(samples.degradedIdentifiers == [])
        samples.unwinder = .missing
        samples.dropped = 1
        samples.isOutOfStacks = true
        samples.python = .unknown
        #expect(samples.degradedIdentifiers == ["no-unwinder", "samples-full", "python-unknown"])
        samples.unwinder = .stopped
        samples.withoutStack = 1
        samples.invalid = 1
        samples.python = .known
        #expect(samples.degradedIdentifiers == ["unwinder-stopped", "samples-full", "stacks-full", "samples-damaged"])
        samples.unwinder = .unsafe
        #expect(samples.degradedIdentifiers.first == "unwinder-unsafe")
    }

    @Test func `name the threads that still run`() throws {
        let python = try PythonChild(
            """
            import threading, time, sys
            def work():
                with open(f"/proc/self/task/{threading.get_native_id()}/comm", "w") as file: file.write("worker one")
                print(threading.get_native_id(), flush=True)
                time.sleep(1000)
            threading.Thread(target=work, daemon=True).start()
            sys.stdin.read()
            """)
        defer { python.end() }
        let worker = try #require(python.line().flatMap { Int($0) })
        let process = try ProcessDirectory(pid: python.pid)
        #expect(threadNames(of: process, wanted: [worker, 1, worker + 100_000]) == [worker: "worker one"])
        #expect(threadNames(of: process, wanted: []) == [:])
    }
}
