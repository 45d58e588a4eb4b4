/// Why silt itself ends without success.
struct Failure: Error {
    /// The arguments are unusable.
    static let usage: Int32 = 2
    /// The process cannot be measured.
    static let cannotMeasure: Int32 = 3

    /// One line: what, why, what to do.
    var message: String
    var status: Int32

    init(_ message: String, status: Int32) {
        self.message = message
        self.status = status
    }
}
