extension Unicode.Scalar {
    /// Whether it may go to a terminal as it is: neither a control (C0, DEL, C1: escape sequences begin with one), nor
    /// an invisible format character (bidirectional overrides reorder what is read), nor a line or paragraph separator.
    package var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
