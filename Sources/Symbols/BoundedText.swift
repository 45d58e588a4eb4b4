internal import Glibc

/// C strings of a file that nobody vouches for.
enum BoundedText {
    /// The text at `start`, at most `limit` bytes of it and nothing from `end` on, where that is known.
    ///
    /// libdw does not look for the terminating zero of a name that stands among the attributes (libdw/dwarf_formstring.c,
    /// DW_FORM_string).
    static func string(_ start: UnsafePointer<CChar>, end: UnsafeRawPointer? = nil, limit: Int) -> String {
        var room = limit + 1
        if let end = unsafe end { room = unsafe min(room, max(0, end - UnsafeRawPointer(start))) }
        let count = unsafe strnlen(start, room)
        let isCut = count > limit
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: min(count, limit))
        return unsafe cut(String(decoding: bytes, as: UTF8.self), isCut)
    }

    /// Marks a name that goes on.
    static func cut(_ text: String, _ isCut: Bool) -> String { isCut ? text + "…" : text }
}
