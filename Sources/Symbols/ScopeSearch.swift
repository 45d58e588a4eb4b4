internal import CLibdw

/// Finds the functions of a unit that hold addresses, and what was inlined into them there.
///
/// One walk for all addresses of a unit: dwarf_getscopes walks anew for each.
struct ScopeSearch {
    private let info: DebugInfo
    private let limits: SymbolLimits
    /// Ascending.
    private let addresses: [UInt64]
    /// For each address the function and then what is inlined, outermost first; empty where none was found.
    private(set) var scopes: [[Entry]]

    /// Entries within entries: compilers make tens of them.
    private static let depth = 256

    init(_ info: DebugInfo, unit: Entry, addresses: [UInt64], limits: SymbolLimits) {
        self.info = info
        self.limits = limits
        self.addresses = addresses
        scopes = Array(repeating: [], count: addresses.count)
        let all = Array(addresses.indices)
        outside(unit, all, isThorough: false, depth: 0)
        let missing = all.filter { scopes[$0].isEmpty }
        // Functions inside of functions and of types: rare, and the walk is long.
        if !missing.isEmpty { outside(unit, missing, isThorough: true, depth: 0) }
    }

    /// Looks for functions among the children of an entry that is none.
    private mutating func outside(_ parent: Entry, _ places: [Int], isThorough: Bool, depth: Int) {
        guard depth < Self.depth else { return }
        var next = parent.child
        while let child = next, info.budget.spend() {
            switch child.tag {
            case DW_TAG_subprogram:
                let covered = covered(by: child, places)
                for place in covered { scopes[place] = [child] }
                if !covered.isEmpty { inside(child, covered, depth: depth + 1) }
                if isThorough { outside(child, places, isThorough: true, depth: depth + 1) }
            case DW_TAG_namespace, DW_TAG_module:
                outside(child, places, isThorough: isThorough, depth: depth + 1)
            case DW_TAG_class_type, DW_TAG_structure_type, DW_TAG_union_type, DW_TAG_lexical_block,
                DW_TAG_inlined_subroutine:
                if isThorough { outside(child, places, isThorough: true, depth: depth + 1) }
            default: break
            }
            next = child.sibling
        }
    }

    /// Looks for inlined functions among the children of a function or a block.
    private mutating func inside(_ parent: Entry, _ places: [Int], depth: Int) {
        guard depth < Self.depth else { return }
        var next = parent.child
        while let child = next, info.budget.spend() {
            switch child.tag {
            case DW_TAG_inlined_subroutine:
                let covered = covered(by: child, places)
                for place in covered where scopes[place].count <= limits.inlined { scopes[place].append(child) }
                if !covered.isEmpty { inside(child, covered, depth: depth + 1) }
            case DW_TAG_lexical_block, DW_TAG_try_block, DW_TAG_catch_block:
                let covered = covered(by: child, places)
                if !covered.isEmpty { inside(child, covered, depth: depth + 1) }
            default: break
            }
            next = child.sibling
        }
    }

    /// Those of the `places` whose addresses an entry's ranges hold.
    private func covered(by entry: Entry, _ places: [Int]) -> [Int] {
        var found: [Int] = []
        entry.eachRange(&info.budget) { budget, start, end in
            var (low, high) = (0, places.count)
            while low < high {
                let middle = (low + high) / 2
                if addresses[places[middle]] < start { low = middle + 1 } else { high = middle }
            }
            while low < places.count, addresses[places[low]] < end, budget.spend() {
                found.append(places[low])
                low += 1
            }
        }
        // Ranges of one entry may come in any order, and hostile ones overlap.
        return found.count < 2 ? found : Set(found).sorted()
    }
}
