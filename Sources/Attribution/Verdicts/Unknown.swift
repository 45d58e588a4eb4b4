import MemoryModel

/// `unknown`: nobody saw the heap.
extension Evidence {
    var unknownVerdict: Verdict {
        let unexplained = bytes(.unexplained)
        return verdict(
            .unknown, unexplained,
            "Nothing is known of the heap: \(withShare(unexplained)) are anonymous memory without a witness.",
            [
                Verdict.Remedy(
                    kind: .lasting,
                    action: "Start the process with `silt run`, or with the variables that `silt env` prints.",
                    predicted: nil)
            ])
    }
}
