internal import CLibdw

/// The symbols of a file that cover addresses, found in one pass over its table: there are fewer addresses than symbols.
@safe struct SymbolTable {
    private let file: ElfFile
    private let data: UnsafeMutablePointer<Elf_Data>
    /// The section that holds the names.
    private let names: Int
    private let count: Int32
    private let limits: SymbolLimits

    /// Of .symtab, or where there is none .dynsym; `nil` where there is neither.
    init?(_ file: ElfFile, limits: SymbolLimits) {
        guard let section = file.section(type: SHT_SYMTAB) ?? file.section(type: SHT_DYNSYM),
            section.bytes <= limits.sectionBytes, let data = unsafe elf_getdata(section.handle, nil)
        else { return nil }
        let entryBytes = unsafe gelf_fsize(file.elf, ELF_T_SYM, 1, UInt32(EV_CURRENT))
        guard entryBytes > 0 else { return nil }
        self.file = file
        unsafe self.data = unsafe data
        names = Int(section.header.sh_link)
        count = Int32(clamping: unsafe data.pointee.d_size / entryBytes)
        self.limits = limits
    }

    private struct Candidate {
        var index: Int32
        var start: UInt64
        /// Global before weak before local: of `malloc` and `__malloc` the first is meant for people.
        var rank: Int
    }

    /// The mangled name for each of the `addresses`, which ascend.
    func names(of addresses: [UInt64]) -> [String?] {
        // Symbols that overlap are few; a table where each covers everything would take count × addresses steps.
        var budget = Budget(steps: UInt64(count) * 4 + UInt64(addresses.count) * 64)
        var covering = [Candidate?](repeating: nil, count: addresses.count)
        var nearest = covering
        for index in 0..<count {
            guard let symbol = symbol(index), isCode(symbol) else { continue }
            var place = addresses.firstIndex(notBelow: symbol.st_value)
            guard place < addresses.count else { continue }
            let candidate = Candidate(index: index, start: symbol.st_value, rank: Self.rank(symbol))
            choose(candidate, &nearest[place])
            let (end, isEndless) = symbol.st_value.addingReportingOverflow(symbol.st_size)
            while place < addresses.count, addresses[place] < end || isEndless, budget.spend() {
                choose(candidate, &covering[place])
                place += 1
            }
        }
        return addresses.indices.map { place in
            // What is nearest to an address is nearest to those that follow, until another symbol begins.
            if place > 0, nearest[place] == nil { nearest[place] = nearest[place - 1] }
            let chosen = covering[place] ?? nearest[place].flatMap { reaches($0, addresses[place]) ? $0 : nil }
            return chosen.flatMap { name($0.index) }
        }
    }

    private func symbol(_ index: Int32) -> GElf_Sym? {
        var symbol = GElf_Sym()
        return unsafe gelf_getsym(data, index, &symbol) != nil ? symbol : nil
    }

    private func name(_ index: Int32) -> String? {
        guard let symbol = symbol(index), let text = unsafe elf_strptr(file.elf, names, Int(symbol.st_name)),
            unsafe text.pointee != 0
        else { return nil }
        return unsafe BoundedText.string(text, limit: limits.nameBytes)
    }

    private func isCode(_ symbol: GElf_Sym) -> Bool {
        guard symbol.st_value != 0, symbol.st_shndx != UInt16(SHN_UNDEF) else { return false }
        switch Int32(symbol.st_info & 0xf) {
        case STT_FUNC, STT_GNU_IFUNC: return true
        // Of assembly. Local ones are labels inside of functions, and the compiler's own marks.
        case STT_NOTYPE: return Self.rank(symbol) < 2
        default: return false
        }
    }

    private static func rank(_ symbol: GElf_Sym) -> Int {
        switch Int32(symbol.st_info >> 4) {
        case STB_GLOBAL: return 0
        case STB_WEAK: return 1
        default: return 2
        }
    }

    private func choose(_ candidate: Candidate, _ place: inout Candidate?) {
        guard let other = place else {
            place = candidate
            return
        }
        guard candidate.start == other.start else {
            if candidate.start > other.start { place = candidate }
            return
        }
        guard candidate.rank == other.rank else {
            if candidate.rank < other.rank { place = candidate }
            return
        }
        let (new, old) = (name(candidate.index) ?? "", name(other.index) ?? "")
        let isSimpler = new.utf8.count == old.utf8.count ? new < old : new.utf8.count < old.utf8.count
        if !new.isEmpty, isSimpler { place = candidate }
    }

    /// Whether a symbol without a size goes on up to an address: to the end of its section.
    private func reaches(_ candidate: Candidate, _ address: UInt64) -> Bool {
        guard let symbol = symbol(candidate.index), symbol.st_size == 0 else { return false }
        return file.codeSection(at: symbol.st_value).map { $0.contains(address) } ?? false
    }
}

extension [UInt64] {
    /// In an ascending array, the index of the first element that is not below `value`.
    func firstIndex(notBelow value: UInt64) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
