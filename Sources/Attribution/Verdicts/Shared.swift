import MemoryModel

/// `shared`: shared memory.
extension Evidence {
    var sharedVerdict: Verdict {
        let shared = bytes(.shared)
        return verdict(
            .shared, shared,
            "\(withShare(shared)) are shared memory, which every process that maps it counts in full.",
            [
                Verdict.Remedy(
                    kind: .lasting,
                    action: "Make the shared segments smaller, or unmap them where they are no longer used; trimming "
                        + "the heap does not reach them.",
                    predicted: nil)
            ])
    }
}
