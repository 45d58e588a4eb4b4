import MemoryModel

/// The code that a verdict names beside its figures.
extension Evidence {
    /// `12.0 MiB live from Index::insert (index.hpp:88) pin about 890 MiB of them.`, or nothing.
    var pinsSentence: String {
        guard let site = principalSite(.pins), let frame = site.frames.first else { return "" }
        let live = site.live?.bytes.text ?? "0 B"
        return " \(live) live from \(frame.sentenceName) pin about \(site.bytes.bytes.text) of them."
    }

    /// `About 2.10 GiB of them were allocated by load (worker.py:57) and freed 40 s ago.`, or nothing.
    var leftSentence: String {
        guard let site = principalSite(.left), let frame = site.frames.first else { return "" }
        let retained = site.bytes.bytes - (site.kept?.bytes ?? 0)
        let freed = site.freed.map { " and freed \($0.medianSeconds.secondsText) ago" } ?? ""
        return " About \(retained.text) of them were allocated by \(frame.sentenceName)\(freed)."
    }

    /// `About 60.0 MiB of it were allocated by grow (cache.c:12).`, or nothing.
    var holdsSentence: String {
        guard let site = principalSite(.holds), let frame = site.frames.first else { return "" }
        return " About \(site.bytes.bytes.text) of it were allocated by \(frame.sentenceName)."
    }

    /// The site that has more than half of an answer, of what is estimated and of what there is, and not by chance.
    private func principalSite(_ question: SiteAnswer.Question) -> SiteGroup? {
        guard let answer = sites?[question], answer.grouping == .site, let first = answer.groups.first else {
            return nil
        }
        let whole = max(answer.estimate.value, answer.total.rawValue)
        guard first.bytes.value > whole / 2, first.bytes.value > first.bytes.error else { return nil }
        return first.frames.isEmpty ? nil : first
    }
}

extension Frame {
    /// Short enough for a sentence: `Index<...>::insert (index.hpp:88)`, `libssl.so.3+0x3a1f0`.
    fileprivate var sentenceName: String {
        func last(_ path: String) -> String { (path.split(separator: "/").last.map(String.init) ?? path).short }
        let place = file.isEmpty ? last(module) : last(file) + (line.map { ":\($0)" } ?? "")
        guard !function.isEmpty else {
            return "\(place.isEmpty ? "address " : place + "+")0x\(String(offset, radix: 16))"
        }
        var name = String(bareName.prefix(4096))
        if name.count > 60 { name = name.withoutTypeArguments(ellipsis: "...") }
        return place.isEmpty ? name.short : "\(name.short) (\(place))"
    }
}

extension String {
    fileprivate var short: String { count > 80 ? prefix(77) + "..." : self }
}
