import Testing

@testable import Capture

@Suite struct `Processes without books` {
    /// A machine whose processes a test makes up. The command is 10, its shell is 1.
    private final class Machine {
        struct Made {
            var parent: Int32
            var startTicks: UInt64 = 7
            var books: ProcessTable.Books = .none
        }

        var processes: [Int32: Made] = [1: Made(parent: 0), 2: Made(parent: 1), 10: Made(parent: 1)]
        /// What was asked of whom.
        private(set) var entries: [Int32] = []
        private(set) var looks: [Int32] = []
        private var search: UncoveredSearch?
        private var now: Int64 = 0

        init() {
            let table = ProcessTable(
                pids: { [unowned self] in Array(processes.keys) },
                entry: { [unowned self] pid in
                    entries.append(pid)
                    return processes[pid].map { ProcessTable.Entry(parent: $0.parent, startTicks: $0.startTicks) }
                },
                books: { [unowned self] pid in
                    looks.append(pid)
                    return processes[pid]?.books ?? .gone
                })
            search = UncoveredSearch(table)
            search!.begin(at: 10)
            processes[10]?.books = .segment("silt-10")
        }

        /// A search, so much later than the last one.
        func search(after seconds: Double = 1, following segments: Set<String> = ["silt-10"]) -> UncoveredSearch.Result
        {
            now += Int64(seconds * 1e9)
            entries = []
            looks = []
            return search!.search(at: now) { segments.contains($0) }
        }

        func forget(_ pid: Int32) { search!.forget(pid) }
    }

    @Test func `are told once, when they have been there for half a second`() {
        let machine = Machine()
        machine.processes[20] = .init(parent: 10)
        #expect(machine.search().uncovered == [])
        #expect(machine.search(after: 0.4).uncovered == [], "it may be about to load the library")
        #expect(machine.search(after: 0.6).uncovered == [20])
        #expect(machine.search().uncovered == [])
    }

    @Test func `are found whoever their parent is, and also when it has ended`() {
        let machine = Machine()
        machine.processes[20] = .init(parent: 10, books: .segment("silt-20"))
        // Both are new, and the child has the lower number.
        machine.processes[5] = .init(parent: 30)
        machine.processes[30] = .init(parent: 20)
        _ = machine.search()
        machine.processes[20] = nil
        machine.processes[30]?.parent = 1
        #expect(machine.search().uncovered == [5, 30])
    }

    @Test func `of somebody else are none, and are asked once`() {
        let machine = Machine()
        machine.processes[20] = .init(parent: 1)
        _ = machine.search()
        machine.processes[21] = .init(parent: 20)
        #expect(machine.search().uncovered == [] && machine.entries.contains(21))
        #expect(machine.search().uncovered == [])
        #expect(machine.entries.allSatisfy { $0 == 10 }, "\(machine.entries)")
        #expect(!machine.looks.contains(20))
    }

    @Test func `are not those that map a segment, which is not looked for again`() {
        let machine = Machine()
        machine.processes[20] = .init(parent: 10, books: .segment("silt-20"))
        _ = machine.search()
        let found = machine.search(following: ["silt-10", "silt-20"])
        #expect(found.located.map(\.pid).sorted() == [10, 20] && found.uncovered == [])
        #expect(machine.search(following: ["silt-10", "silt-20"]).located.isEmpty && machine.looks == [])
    }

    /// Its segment is followed no more, and the process is there still.
    @Test func `may have had books before they became another program`() {
        let machine = Machine()
        machine.processes[20] = .init(parent: 10, books: .segment("silt-20"))
        _ = machine.search()
        _ = machine.search(following: ["silt-10", "silt-20"])
        machine.processes[20]?.books = .none
        #expect(machine.search(following: ["silt-10"]).uncovered == [20])
    }

    @Test func `may get books when they become another program`() {
        let machine = Machine()
        machine.processes[20] = .init(parent: 10)
        _ = machine.search()
        #expect(machine.search().uncovered == [20])
        machine.processes[20]?.books = .segment("silt-20")
        machine.forget(20)
        #expect(machine.search().located.map(\.segment) == ["silt-20"])
    }

    /// A number that somebody else has got between two searches.
    @Test func `are not mistaken for another that has the number`() {
        let machine = Machine()
        machine.processes[20] = .init(parent: 10)
        _ = machine.search(after: 1)
        machine.processes[20] = .init(parent: 1, startTicks: 8)
        #expect(machine.search().uncovered == [] && !machine.looks.contains(20))
        #expect(machine.search().uncovered == [])
    }

    @Test func `that end while they are looked at are none`() {
        let machine = Machine()
        machine.processes[20] = .init(parent: 10, books: .gone)
        _ = machine.search()
        #expect(machine.search().uncovered == [])
    }
}
