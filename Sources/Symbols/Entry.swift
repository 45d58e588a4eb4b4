internal import CLibdw

/// An entry of the debug information (a DIE): a unit, a function, a type. Valid as long as its ``DebugInfo``.
@safe struct Entry {
    private var die: Dwarf_Die

    init(_ die: Dwarf_Die) { unsafe self.die = unsafe die }

    /// Where it stands in memory; no other entry stands there.
    var key: UInt { unsafe UInt(bitPattern: die.addr) }

    /// One of `DW_TAG_*`.
    var tag: Int {
        var die = unsafe self.die
        return unsafe Int(dwarf_tag(&die))
    }

    /// Its first child; `nil` where it has none or is damaged.
    var child: Entry? {
        var (die, child) = unsafe (self.die, Dwarf_Die())
        return unsafe dwarf_child(&die, &child) == 0 ? Entry(child) : nil
    }

    /// The next child of its parent. libdw makes sure that it stands behind this one (libdw/dwarf_siblingof.c).
    var sibling: Entry? {
        var (die, sibling) = unsafe (self.die, Dwarf_Die())
        return unsafe dwarf_siblingof(&die, &sibling) == 0 ? Entry(sibling) : nil
    }

    /// Calls `body` with each of its ranges of addresses, without their ends, as long as the budget lasts.
    func eachRange(_ budget: inout Budget, _ body: (inout Budget, UInt64, UInt64) -> Void) {
        var die = unsafe self.die
        var (base, start, end): (Dwarf_Addr, Dwarf_Addr, Dwarf_Addr) = (0, 0, 0)
        var offset = 0
        while budget.spend() {
            offset = unsafe dwarf_ranges(&die, offset, &base, &start, &end)
            guard offset > 0 else { return }
            if start < end { body(&budget, start, end) }
        }
    }

    /// An attribute that is a number.
    func number(_ what: Int) -> UInt64? {
        unsafe withAttribute(what) { attribute in
            var value: Dwarf_Word = 0
            return unsafe dwarf_formudata(&attribute, &value) == 0 ? value : nil
        }
    }

    /// An attribute that is another entry.
    func reference(_ what: Int) -> Entry? {
        unsafe withAttribute(what) { attribute in
            var target = unsafe Dwarf_Die()
            return unsafe dwarf_formref_die(&attribute, &target) == nil ? nil : Entry(target)
        }
    }

    /// An attribute that is a text, if it is not empty.
    func text(_ what: Int, of info: DebugInfo) -> String? {
        unsafe withAttribute(what) { attribute in
            guard let start = unsafe dwarf_formstring(&attribute) else { return nil }
            let text = unsafe info.text(start)
            return text.isEmpty ? nil : text
        }
    }

    /// Of this entry alone: dwarf_attr_integrate looks on in others, and in other files.
    private func withAttribute<Value>(_ what: Int, _ body: (inout Dwarf_Attribute) -> Value?) -> Value? {
        var (die, attribute) = unsafe (self.die, Dwarf_Attribute())
        guard unsafe dwarf_attr(&die, UInt32(what), &attribute) != nil else { return nil }
        return unsafe body(&attribute)
    }

    // MARK: Units

    /// Decodes a unit's line table, which libdw keeps, and gives its number of rows; `nil` where there is none.
    func lineCount() -> Int? {
        var (die, lines, count): (Dwarf_Die, OpaquePointer?, Int) = unsafe (self.die, nil, 0)
        return unsafe dwarf_getsrclines(&die, &lines, &count) == 0 ? count : nil
    }

    /// The row of a unit's line table that an address belongs to.
    ///
    /// - Parameter text: Makes a text of a file's name, which stays where it is in memory.
    func position(
        of address: UInt64, text: (UnsafePointer<CChar>) -> String
    ) -> (file: String?, line: Int?) {
        var (die, line): (Dwarf_Die, Int32) = unsafe (self.die, 0)
        // Line 0 is code that comes from no line.
        guard let row = unsafe dwarf_getsrc_die(&die, address), unsafe dwarf_lineno(row, &line) == 0, line > 0
        else { return (nil, nil) }
        let name = unsafe dwarf_linesrc(row, nil, nil)
        return unsafe (name.map { unsafe text($0) }, Int(line))
    }

    /// A file of a unit's list, by the number that attributes call it.
    func file(_ number: UInt64, text: (UnsafePointer<CChar>) -> String) -> String? {
        var (die, files, count): (Dwarf_Die, OpaquePointer?, Int) = unsafe (self.die, nil, 0)
        guard unsafe dwarf_getsrcfiles(&die, &files, &count) == 0, number < count,
            let name = unsafe dwarf_filesrc(files, Int(number), nil, nil)
        else { return nil }
        return unsafe text(name)
    }
}
