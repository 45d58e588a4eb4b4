internal import MemoryModel
internal import Segment
internal import Symbols

/// Native frame → the functions there, innermost first.
///
/// Each address is named once, however many stacks it is on.
struct FrameNames {
    private var names: [SegmentSamples.NativeFrame: [Frame]] = [:]
    /// Of the modules that frames lie in, in hexadecimal digits, by their paths. A path that meant two files, as an
    /// upgrade of a running program makes it, has none.
    private(set) var buildIDs: [String: String] = [:]

    /// Names the addresses of one module.
    typealias ModuleNaming = (_ addresses: [Address], _ module: SegmentSamples.Module) -> [Address: [Frame]]

    /// More are left with their module and offset: a true program has some ten thousand.
    static let mostAddresses = 1 << 18

    /// - Parameters:
    ///   - wanted: As they are on the stacks: return addresses.
    ///   - inModule: Is asked for the address of the call, the byte before the one it returns to.
    ///   - inNoModule: The same for addresses that no file holds.
    init(
        _ wanted: Set<SegmentSamples.NativeFrame>, modules: [SegmentSamples.Module?], inModule: ModuleNaming,
        inNoModule: (_ addresses: [Address]) -> [Address: Frame]
    ) {
        let ordered = wanted.sorted { ($0.module ?? -1, $0.address) < ($1.module ?? -1, $1.address) }
        var rest = ordered.prefix(Self.mostAddresses)
        while let first = rest.first {
            let group = rest.prefix { $0.module == first.module }
            rest = rest.dropFirst(group.count)
            let calls = group.map { Symbolizer.callAddress(returning: $0.address) }
            if let index = first.module, let module = modules[index] {
                let found = inModule(calls, module)
                for (frame, call) in zip(group, calls) { names[frame] = found[call] }
            } else {
                let found = inNoModule(calls)
                for (frame, call) in zip(group, calls) { names[frame] = found[call].map { [$0] } }
            }
        }
        for frame in wanted where names[frame]?.isEmpty ?? true {
            names[frame] = [Self.unnamed(frame, in: frame.module.flatMap { modules[$0] })]
        }
        let used = Set(wanted.lazy.compactMap(\.module)).compactMap { modules[$0] }
        buildIDs = Dictionary(
            used.map { ($0.path, Self.digits($0.buildID)) }, uniquingKeysWith: { $0 == $1 ? $0 : "" }
        ).filter { !$0.value.isEmpty }
    }

    private static func digits(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// At least one frame.
    subscript(frame: SegmentSamples.NativeFrame) -> [Frame] { names[frame] ?? [Self.unnamed(frame, in: nil)] }

    var all: some Sequence<Frame> { names.values.joined() }

    private static func unnamed(_ frame: SegmentSamples.NativeFrame, in module: SegmentSamples.Module?) -> Frame {
        let call = Symbolizer.callAddress(returning: frame.address)
        return Frame(module: module?.path ?? "", offset: call.rawValue &- (module?.bias ?? 0))
    }
}
