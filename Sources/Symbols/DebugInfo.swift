internal import CLibdw

/// The debug information of one file, through libdw.
///
/// Only calls that open no other file: libdw looks for split units (.dwo) by the paths that a file names, in this
/// process's root, from dwarf_attr_integrate, dwarf_diename, dwarf_cu_info and dwarf_get_units with a last argument
/// (libdw/libdw_find_split_unit.c), and for dwz's file wherever a form refers to it (libdw/dwarf_getalt.c).
@safe final class DebugInfo {
    /// `Dwarf *`.
    private let dwarf: OpaquePointer
    private let file: ElfFile
    /// dwz's file.
    private var supplement: DebugInfo?
    private let limits: SymbolLimits
    var budget: Budget
    /// Bytes of all debug sections.
    let bytes: UInt64

    /// `nil` where there is none, where it is damaged, or beyond the limits.
    init?(_ file: ElfFile, files: borrowing DebugFiles, isSupplement: Bool = false) {
        bytes = file.debugBytes
        guard file.hasDebugInfo, bytes <= files.limits.sectionBytes,
            let dwarf = unsafe dwarf_begin_elf(file.elf, DWARF_C_READ, nil)
        else { return nil }
        unsafe self.dwarf = unsafe dwarf
        self.file = file
        limits = files.limits
        // Each entry is a byte at least; the search looks at one three times at most, and reads its ranges each time.
        budget = Budget(steps: bytes * 8 + 65536)
        if !isSupplement, let (name, identity) = unsafe file.supplement(of: dwarf),
            let found = files.findSupplement(named: name, identity: identity)
        {
            supplement = DebugInfo(found, files: files, isSupplement: true)
        }
        // The mark of "looked for and not found": libdw never looks by itself (libdw/dwarf_getalt.c).
        let none = unsafe OpaquePointer(bitPattern: -1)
        unsafe dwarf_setalt(dwarf, supplement?.dwarf ?? none)
    }

    deinit { unsafe dwarf_end(dwarf) }

    /// A text that libdw points at, read no further than its section.
    func text(_ start: UnsafePointer<CChar>) -> String {
        let pointer = unsafe UnsafeRawPointer(start)
        let end = unsafe file.end(of: pointer) ?? supplement?.file.end(of: pointer)
        return unsafe BoundedText.string(start, end: end, limit: limits.nameBytes)
    }

    /// The units that hold code at the `addresses`, which ascend, with the indices of those.
    func units(of addresses: [UInt64]) -> [(unit: Entry, places: [Int])] {
        var units: [Entry] = []
        var best = [(start: UInt64, unit: Int)?](repeating: nil, count: addresses.count)
        var next: OpaquePointer?
        while units.count < limits.units, budget.spend(8) {
            var (unit, kind): (Dwarf_Die, UInt8) = unsafe (Dwarf_Die(), 0)
            guard unsafe dwarf_get_units(dwarf, next, &next, nil, &kind, &unit, nil) == 0 else { break }
            guard Int(kind) == DW_UT_compile || Int(kind) == DW_UT_skeleton else { continue }
            units.append(unsafe Entry(unit))
            units[units.count - 1].eachRange(&budget) { budget, start, end in
                var place = addresses.firstIndex(notBelow: start)
                // Where units overlap, the nearer start has it: what the linker dropped is left at 0.
                while place < addresses.count, addresses[place] < end, budget.spend() {
                    if best[place].map({ $0.start < start }) ?? true { best[place] = (start, units.count - 1) }
                    place += 1
                }
            }
        }
        var places: [Int: [Int]] = [:]
        for (place, found) in best.enumerated() {
            if let found { places[found.unit, default: []].append(place) }
        }
        return places.sorted { $0.key < $1.key }.map { (units[$0.key], $0.value) }
    }
}
