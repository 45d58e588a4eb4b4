// Classes, dictionaries, strings and tasks: prints sums that depend on neither time nor addresses nor hash seeds.
struct Numbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}

final class Node {
    let value: Int
    let text: String
    var next: Node?
    init(_ value: Int, _ text: String, _ next: Node?) { (self.value, self.text, self.next) = (value, text, next) }
}

func part(_ seed: UInt64) -> Int {
    var numbers = Numbers(state: seed)
    var table: [String: [Int]] = [:]
    var list: Node?
    for i in 0..<30_000 {
        let key = "key-\(Int.random(in: 0..<2_000, using: &numbers))"
        table[key, default: []].append(i)
        if i % 3 == 0 { list = Node(i, String(repeating: key, count: i % 5), list) }
        if i % 997 == 0 { list = nil }
    }
    var sum = 0
    while let node = list {
        sum &+= node.value &* (node.text.utf8.count + 1)
        list = node.next
    }
    return table.sorted { $0.key < $1.key }.reduce(sum) { $0 &* 31 &+ $1.key.utf8.count &+ $1.value.reduce(0, &+) }
}

@main struct Work {
    static func main() async {
        print(part(1))
        let sums = await withTaskGroup(of: (UInt64, Int).self) { group in
            for seed in UInt64(2)..<10 { group.addTask { (seed, part(seed)) } }
            var all: [UInt64: Int] = [:]
            for await (seed, sum) in group { all[seed] = sum }
            return all
        }
        for (seed, sum) in sums.sorted(by: { $0.key < $1.key }) { print(seed, sum) }
    }
}
