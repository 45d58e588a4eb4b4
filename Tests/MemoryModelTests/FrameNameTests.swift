import MemoryModel
import Testing

@Suite struct `The bare name of a function` {
    @Test(arguments: [
        ("main", "main"), ("", ""), ("app::parse(int, char const*)", "app::parse"),
        (
            "void std::vector<int, std::allocator<int> >::push_back(int const&)",
            "std::vector<int, std::allocator<int> >::push_back"
        ),
        ("std::vector<int> app::load<int>(int) [clone .cold]", "app::load<int>"),
        ("load [clone .part.0]", "load"),
        ("(anonymous namespace)::Cache::grow(unsigned long)", "(anonymous namespace)::Cache::grow"),
        ("operator new(unsigned long)", "operator new"), ("operator new[](unsigned long)", "operator new[]"),
        ("bool app::operator<(app::A const&, app::A const&)", "app::operator<"),
        ("app::F::operator()(int) const", "app::F::operator()"),
        ("app::P::operator->() const", "app::P::operator->"),
        ("app::run()::{lambda(int)#1}::operator()(int) const", "app::run"),
        ("<alloc::vec::Vec<T> as core::clone::Clone>::clone", "<alloc::vec::Vec<T> as core::clone::Clone>::clone"),
        ("<fn(A) -> B as app::Call>::call", "<fn(A) -> B as app::Call>::call"),
        ("app::serve::{{closure}}", "app::serve::{{closure}}"),
        ("Swift.Array.append(__owned A) -> ()", "Swift.Array.append"),
        ("closure #1 (Swift.Int) -> () in app.run() -> ()", "closure #1 (Swift.Int) -> () in app.run() -> ()"),
        ("((((", "(((("), ("<<<<", "<<<<"), (">>>>(", ">>>>"), ("operator", "operator"), (" ", " "), ("a b(", "b"),
    ])
    func `has neither parameters nor a return type`(function: String, name: String) {
        #expect(Frame(function: function).bareName == name)
    }

    @Test func `is cut where a symbol never ends`() {
        let name = Frame(function: String(repeating: "x<", count: 1 << 19)).bareName
        #expect(name.utf8.count == 4096)
    }

    @Test func `of Python is its own`() {
        #expect(Frame(function: "f.<locals>.g (x)", language: .python).bareName == "f.<locals>.g (x)")
    }

    @Test(arguments: [
        ("Index<Key, std::vector<int> >::insert<int>", "Index<…>::insert<…>"), ("plain", "plain"),
        ("app::operator<", "app::operator<"), ("<T as Clone>::clone", "<…>::clone"), ("a>b<c", "a>b<…"),
    ])
    func `loses what its templates are made of`(name: String, short: String) {
        #expect(name.withoutTypeArguments(ellipsis: "…") == short)
    }

    @Test(arguments: [
        (0.25, "250 ms"), (0.99951, "1.0 s"), (9.94, "9.9 s"), (40.2, "40 s"), (119, "2 min"), (7_000, "2 h"),
        (180_000, "2 d"), (-1, "an unknown time"), (.nan, "an unknown time"), (.infinity, "an unknown time"),
    ])
    func `and an age has one unit`(seconds: Double, text: String) {
        #expect(seconds.secondsText == text)
    }
}
