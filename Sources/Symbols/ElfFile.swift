internal import CLibdw
internal import Glibc
internal import MemoryModel
internal import System

/// An ELF file, through libelf.
///
/// It is read by `pread` and never mapped: whoever owns it may truncate it at any moment, and a page of a mapping that
/// is no longer there is a SIGBUS.
@safe final class ElfFile {
    /// `Elf *`.
    let elf: OpaquePointer
    /// What the bytes come from, kept for as long as libelf reads.
    private let image: UnsafeMutableRawBufferPointer?
    private let sections: [Section]
    /// Bytes of the file.
    let fileBytes: UInt64

    @safe struct Section {
        var name: String
        var header: GElf_Shdr
        /// `Elf_Scn *`.
        var handle: OpaquePointer
        /// Bytes once decompressed.
        var bytes: UInt64
    }

    /// Takes a descriptor over; `nil` where it is no ELF file of this machine's kind, or no regular file.
    convenience init?(_ file: consuming Descriptor) {
        guard let status = try? file.status(), status.isRegular, status.size > 0 else { return nil }
        _ = elf_version(UInt32(EV_CURRENT))
        // libelf closes nothing: the file stays open as long as the copy of the number does.
        let copy = fcntl(file.rawValue, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return nil }
        guard let elf = unsafe elf_begin(copy, ELF_C_READ, nil) else {
            close(copy)
            return nil
        }
        unsafe self.init(elf, descriptor: copy, image: nil, fileBytes: UInt64(status.size))
    }

    /// An ELF file in memory, which this copies.
    convenience init?(bytes: [UInt8]) {
        guard !bytes.isEmpty else { return nil }
        _ = elf_version(UInt32(EV_CURRENT))
        let image = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 4096)
        unsafe image.copyBytes(from: bytes)
        let start = unsafe image.baseAddress!.assumingMemoryBound(to: CChar.self)
        guard let elf = unsafe elf_memory(start, bytes.count) else {
            unsafe image.deallocate()
            return nil
        }
        unsafe self.init(elf, descriptor: -1, image: image, fileBytes: UInt64(bytes.count))
    }

    private let descriptor: Int32

    private init?(_ elf: OpaquePointer, descriptor: Int32, image: UnsafeMutableRawBufferPointer?, fileBytes: UInt64) {
        unsafe self.elf = elf
        self.descriptor = descriptor
        unsafe self.image = image
        self.fileBytes = fileBytes
        unsafe sections = Self.sections(of: elf)
        guard unsafe elf_kind(elf) == ELF_K_ELF else { return nil }
    }

    deinit {
        unsafe elf_end(elf)
        if descriptor >= 0 { close(descriptor) }
        unsafe image?.deallocate()
    }

    private static func sections(of elf: OpaquePointer) -> [Section] {
        var names = 0
        guard unsafe elf_getshdrstrndx(elf, &names) == 0 else { return [] }
        var found: [Section] = []
        var handle: OpaquePointer? = nil
        while let next = unsafe elf_nextscn(elf, handle) {
            unsafe handle = next
            var header = GElf_Shdr()
            guard unsafe gelf_getshdr(next, &header) != nil else { continue }
            guard let text = unsafe elf_strptr(elf, names, Int(header.sh_name)) else { continue }
            let name = unsafe BoundedText.string(text, limit: 256)
            let bytes = unsafe decompressedBytes(next, header)
            found.append(unsafe Section(name: name, header: header, handle: next, bytes: bytes))
        }
        return found
    }

    /// What a section will take in memory: a compressed one says so in a header of its own.
    private static func decompressedBytes(_ handle: OpaquePointer, _ header: GElf_Shdr) -> UInt64 {
        guard header.sh_type != UInt32(SHT_NOBITS) else { return 0 }
        guard header.sh_flags & UInt64(SHF_COMPRESSED) != 0 else { return header.sh_size }
        var compression = GElf_Chdr()
        guard unsafe gelf_getchdr(handle, &compression) != nil else { return header.sh_size }
        return compression.ch_size
    }

    func section(_ name: String) -> Section? { sections.first { $0.name == name } }

    /// The first section of a type that holds bytes in this file.
    func section(type: Int32) -> Section? { sections.first { $0.header.sh_type == UInt32(type) } }

    /// Whether there is debug information that a line can be found in.
    var hasDebugInfo: Bool { (section(".debug_info") ?? section(".zdebug_info")).map { $0.bytes > 0 } ?? false }

    /// Bytes of all debug sections, decompressed. The old kind of compression (`.zdebug_`) has its size inside; zlib
    /// cannot exceed 1032 times (zlib.net/zlib_tech.html).
    var debugBytes: UInt64 {
        sections.reduce(0) { sum, section in
            let factor: UInt64 = section.name.hasPrefix(".zdebug_") ? 1032 : 1
            guard factor > 1 || section.name.hasPrefix(".debug_") else { return sum }
            let (bytes, isHuge) = section.bytes.multipliedReportingOverflow(by: factor)
            let (total, isTooMuch) = sum.addingReportingOverflow(bytes)
            return isHuge || isTooMuch ? .max : total
        }
    }

    /// The bytes of a section that is not compressed; empty where they cannot be had or are more than `limit`.
    func bytes(of section: Section, limit: UInt64) -> [UInt8] {
        guard section.header.sh_type != UInt32(SHT_NOBITS), section.header.sh_size <= limit else { return [] }
        guard let data = unsafe elf_rawdata(section.handle, nil), unsafe data.pointee.d_buf != nil else { return [] }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: data.pointee.d_buf, count: data.pointee.d_size))
    }

    /// The linker's note. Its section is found as well as its segment; a debug file has the section only.
    ///
    /// By libelf: libdw's own call for it (dwelf_elf_gnu_build_id) takes libdwfl along, see ``DebugFiles``.
    var buildID: BuildID? {
        for section in sections where section.header.sh_type == UInt32(SHT_NOTE) && section.bytes < 1 << 20 {
            guard let data = unsafe elf_getdata(section.handle, nil), unsafe data.pointee.d_buf != nil else { continue }
            let bytes = unsafe UnsafeRawBufferPointer(start: data.pointee.d_buf, count: data.pointee.d_size)
            var (note, name, text, offset) = (GElf_Nhdr(), 0, 0, 0)
            while case let next = unsafe gelf_getnote(data, offset, &note, &name, &text), next > offset {
                offset = next
                let isGNU = unsafe note.n_namesz == 4 && bytes[name..<name + 4].elementsEqual("GNU\0".utf8)
                guard isGNU, note.n_type == UInt32(NT_GNU_BUILD_ID), 1...64 ~= note.n_descsz else { continue }
                return BuildID(unsafe Array(bytes[text..<text + Int(note.n_descsz)]))
            }
        }
        return nil
    }

    /// The name of the separate debug file and the checksum of its bytes.
    var debugLink: (name: String, checksum: UInt32)? {
        var checksum: GElf_Word = 0
        guard let name = unsafe dwelf_elf_gnu_debuglink(elf, &checksum) else { return nil }
        return unsafe (BoundedText.string(name, limit: 256), checksum)
    }

    /// The virtual address of a function, by its symbol.
    func address(ofFunction name: String) -> UInt64? {
        for type in [SHT_SYMTAB, SHT_DYNSYM] {
            guard let section = section(type: type), section.bytes < 1 << 30,
                let data = unsafe elf_getdata(section.handle, nil)
            else { continue }
            let entryBytes = unsafe gelf_fsize(elf, ELF_T_SYM, 1, UInt32(EV_CURRENT))
            guard entryBytes > 0 else { continue }
            for index in 0..<Int32(clamping: unsafe data.pointee.d_size / entryBytes) {
                var symbol = GElf_Sym()
                guard unsafe gelf_getsym(data, index, &symbol) != nil, symbol.st_shndx != UInt16(SHN_UNDEF),
                    Int32(symbol.st_info & 0xf) == STT_FUNC,
                    let text = unsafe elf_strptr(elf, Int(section.header.sh_link), Int(symbol.st_name))
                else { continue }
                if unsafe BoundedText.string(text, limit: name.utf8.count + 1) == name { return symbol.st_value }
            }
        }
        return nil
    }

    /// What the file has for virtual addresses from one on, within its section: at most `limit` bytes.
    func bytes(at address: UInt64, atMost limit: Int) -> [UInt8]? {
        for header in sections.map(\.header) where header.sh_flags & UInt64(SHF_ALLOC) != 0 {
            guard header.sh_type != UInt32(SHT_NOBITS), header.sh_addr <= address,
                address - header.sh_addr < header.sh_size, descriptor >= 0
            else { continue }
            let offset = Int64(clamping: header.sh_offset).addingReportingOverflow(Int64(address - header.sh_addr))
            guard !offset.overflow else { continue }
            let count = min(limit, Int(clamping: header.sh_size - (address - header.sh_addr)))
            var bytes = [UInt8](repeating: 0, count: count)
            let got = unsafe pread(descriptor, &bytes, count, Int(offset.partialValue))
            return got > 0 ? Array(bytes.prefix(got)) : nil
        }
        return nil
    }

    /// The section of code that holds a virtual address.
    func codeSection(at address: UInt64) -> ClosedRange<UInt64>? {
        for header in sections.map(\.header) where header.sh_flags & UInt64(SHF_EXECINSTR) != 0 && header.sh_size > 0 {
            let (end, overflow) = header.sh_addr.addingReportingOverflow(header.sh_size - 1)
            if !overflow, header.sh_addr <= address, address <= end { return header.sh_addr...end }
        }
        return nil
    }

    /// The checksum of a .gnu_debuglink, of the whole file; `nil` where it cannot be read or is longer than `limit`.
    func checksum(limit: UInt64) -> UInt32? {
        guard descriptor >= 0, fileBytes <= limit else { return nil }
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        var (sum, offset) = (crc32(0, nil, 0), 0)
        while true {
            let count = unsafe pread(descriptor, &piece, piece.count, offset)
            guard count >= 0 else { return nil }
            guard count > 0 else { return UInt32(truncatingIfNeeded: sum) }
            sum = unsafe crc32(sum, piece, UInt32(count))
            offset += count
        }
    }

    /// The file of dwz that this one refers to, and its build-id.
    func supplement(of dwarf: OpaquePointer) -> (name: String, identity: BuildID)? {
        var name: UnsafePointer<CChar>?
        var note: UnsafeRawPointer?
        let count = unsafe dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &note)
        guard count > 0, count <= 64, let name = unsafe name, let note = unsafe note else { return nil }
        let identity = unsafe [UInt8](UnsafeRawBufferPointer(start: note, count: Int(count)))
        return unsafe (BoundedText.string(name, limit: 4096), BuildID(identity))
    }

    /// Where the bytes of a debug section end that libdw reads from, for a pointer into them.
    func end(of pointer: UnsafeRawPointer) -> UnsafeRawPointer? {
        for section in sections where section.name.hasPrefix(".debug_") || section.name.hasPrefix(".zdebug_") {
            guard let data = unsafe elf_getdata(section.handle, nil), unsafe data.pointee.d_buf != nil else { continue }
            let start = unsafe UnsafeRawPointer(data.pointee.d_buf!)
            let end = unsafe start + data.pointee.d_size
            if unsafe start <= pointer && pointer < end { return unsafe end }
        }
        return nil
    }
}
