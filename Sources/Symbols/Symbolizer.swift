package import MemoryModel
package import System

/// Names the code at addresses of a process: function, file and line, by the files that it has mapped.
///
/// It opens no module by path, asks nothing of a network, and prints nothing. Modules without a wanted address are
/// not opened.
package struct Symbolizer: ~Copyable {
    private let files: DebugFiles
    private let limits: SymbolLimits

    /// - Parameter root: The target's root directory: separate debug files are looked for below it, and links are not
    ///   followed.
    package init(root: consuming Descriptor, limits: SymbolLimits = .standard) {
        files = DebugFiles(root: root, limits: limits)
        self.limits = limits
    }

    /// The address to ask for where a stack holds the address that a call returns to.
    ///
    /// The code behind a call may belong to another line, to another inlined function, or after a call that does not
    /// return to another function altogether; the byte before it belongs to the call. The innermost address of a
    /// signal's frame is no return address, and is asked for as it is.
    package static func callAddress(returning address: Address) -> Address {
        Address(address.rawValue == 0 ? 0 : address.rawValue - 1)
    }

    /// The frames of each address, innermost first: at least one each, of module and offset alone where nothing more
    /// is known.
    ///
    /// - Parameters:
    ///   - addresses: In the process, in any order; see ``callAddress(returning:)``.
    ///   - modules: With ranges that are disjoint.
    ///   - open: Opens the file that a module is mapped from, checked to be that file; `nil` where it is gone. Called
    ///     once at most for each module.
    package func frames(
        of addresses: some Sequence<Address>, in modules: [LoadedModule], open: (LoadedModule) -> Descriptor?
    ) -> [Address: [Frame]] {
        let addresses = Set(addresses).sorted()
        var frames: [Address: [Frame]] = [:]
        var rest = addresses[...]
        for module in modules.sorted(by: { $0.range.start < $1.range.start }) {
            while let first = rest.first, first < module.range.start {
                frames[first] = [Frame(offset: first.rawValue)]
                rest.removeFirst()
            }
            let count = rest.firstIndex { $0 >= module.range.end } ?? rest.endIndex
            let wanted = Array(rest[rest.startIndex..<count])
            rest = rest[count...]
            guard !wanted.isEmpty else { continue }
            for (address, found) in zip(wanted, self.frames(of: wanted, in: module, file: open(module))) {
                frames[address] = found
            }
        }
        for address in rest { frames[address] = [Frame(offset: address.rawValue)] }
        return frames
    }

    /// The frames of each address of one module, in the order of the addresses, which ascend.
    private func frames(
        of addresses: [Address], in module: LoadedModule, file: consuming Descriptor?
    ) -> [[Frame]] {
        let offsets = addresses.map { $0.rawValue &- UInt64(bitPattern: Int64(module.bias.rawValue)) }
        var reader: ModuleReader?
        if let file = file.take() { reader = ModuleReader(file, module: module, files: files) }
        // A bias that wraps would break the order.
        guard var reader, zip(offsets, offsets.dropFirst()).allSatisfy({ $0 < $1 }) else {
            return offsets.map { [Frame(module: module.path, offset: $0)] }
        }
        return reader.frames(of: offsets)
    }
}
