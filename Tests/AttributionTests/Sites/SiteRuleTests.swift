import Foundation
import MemoryModel
import Testing

@testable import Attribution

@Suite struct `The site of a stack` {
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        /// Innermost first: `function`, `function@module`, or `py:function`.
        var stack: [String]
        var site: Int?
    }

    static let cases = [
        Case(testDescription: "no frames", stack: [], site: nil),
        Case(testDescription: "C", stack: ["load", "main"], site: 0),
        Case(testDescription: "a wrapper that ends the program", stack: ["xmalloc", "xstrdup", "load"], site: 2),
        Case(testDescription: "a project's own malloc", stack: ["av_malloc", "av_buffer_alloc", "main"], site: 1),
        Case(testDescription: "GLib", stack: ["g_malloc0", "g_slice_alloc", "widget_new", "main"], site: 2),
        Case(
            testDescription: "libc itself", stack: ["__getdelim@/lib/libc.so.6", "@/lib/libc.so.6", "read_all"], site: 2
        ),
        Case(
            testDescription: "C++",
            stack: [
                "operator new(unsigned long)@/lib/libstdc++.so.6",
                "std::__new_allocator<int>::allocate(unsigned long, void const*)",
                "void std::vector<int, std::allocator<int> >::_M_realloc_insert<int const&>(int const&)",
                "std::enable_if<true, void>::type std::vector<int>::emplace_back<int>(int&&)",
                "app::Table::add(int)", "main",
            ], site: 4),
        Case(
            testDescription: "a function of the program that takes a std:: type",
            stack: ["app::parse(std::basic_string<char> const&)", "main"], site: 0),
        Case(
            testDescription: "a function of the program that returns one",
            stack: ["std::vector<int> app::load<int>(int)", "main"], site: 0),
        Case(
            testDescription: "Rust",
            stack: [
                "__rust_alloc", "alloc::alloc::alloc", "<alloc::vec::Vec<T> as core::iter::FromIterator<T>>::from_iter",
                "hashbrown::raw::RawTable<T>::reserve_rehash", "<app::Row as core::clone::Clone>::clone", "app::main",
            ], site: 4),
        Case(
            testDescription: "Swift",
            stack: [
                "swift_slowAlloc", "swift_allocObject", "Swift.Array.append(__owned A) -> ()",
                "app.Store.insert(Swift.Int) -> ()",
            ], site: 3),
        Case(
            testDescription: "Python", stack: ["PyObject_Malloc@/usr/bin/python3.11", "py:load", "py:<module>"], site: 1
        ),
        Case(
            testDescription: "a C extension under Python",
            stack: [
                "xmalloc@/lib/numpy.so", "array_new@/lib/numpy.so", "_PyEval@/usr/lib/libpython3.11.so.1.0", "py:load",
                "py:<module>",
            ],
            site: 3),
        Case(
            testDescription: "an interpreter without Python frames",
            stack: ["PyMem_Malloc@/usr/bin/python3.11", "list_resize@/usr/bin/python3.11"], site: 1),
        Case(testDescription: "nothing but helpers", stack: ["malloc", "operator new[](unsigned long)"], site: 0),
        Case(testDescription: "no symbols", stack: ["@/opt/lib/vendor.so", "main"], site: 0),
    ]

    @Test(arguments: cases) func `is the innermost frame that a person would name`(_ given: Case) {
        #expect(siteIndex(in: given.stack.map(Self.frame)) == given.site)
    }

    static func frame(_ text: String) -> Frame {
        if text.hasPrefix("py:") { return Frame(function: String(text.dropFirst(3)), language: .python) }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        return Frame(function: parts[0], module: parts.count > 1 ? parts[1] : "/bin/app", offset: 16)
    }

    @Test(arguments: [1e-300, 1e-9, 1e-4, 0.03125, 0.04, 0.5, 1, 2.5, 10, 36, 39.9, 40, 1e9, .infinity])
    func `has samples by the exponential distribution`(x: Double) {
        #expect(abs(complementOfExponential(x) + expm1(-x)) <= 1e-14 * x)
        #expect(abs(complementOfExponential(x) + expm1(-x)) <= 1e-14)
    }
}
