/// The one of some names that was probably meant, as words behind a message: `; did you mean 'live'?`.
func suggestion(for name: String, among names: [String]) -> String {
    let name = String(name.prefix(64))
    let ranked = names.map { ($0, distance(name, $0)) }.min { $0.1 < $1.1 }
    guard let (closest, distance) = ranked, distance <= max(1, closest.count / 3) else { return "" }
    return "; did you mean '\(closest)'?"
}

/// How many letters to put in, take out or change (V. Levenshtein, Soviet Physics Doklady 10, 1966).
private func distance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a), Array(b))
    var row = Array(0...b.count)
    for (i, letter) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, other) in b.enumerated() {
            let changed = diagonal + (letter == other ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(changed, row[j] + 1, diagonal + 1)
        }
    }
    return row[b.count]
}
