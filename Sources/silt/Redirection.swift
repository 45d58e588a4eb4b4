import Glibc

/// Does something while what is started has no input, and nobody sees what it prints.
///
/// - Parameter toErrors: It prints to standard error then.
func withoutOutput<Result>(toErrors: Bool, _ body: () throws -> Result) throws -> Result {
    let nothing = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
    guard nothing >= 0 else {
        throw Failure("cannot open /dev/null, which a command is to read; mount /dev", status: Failure.cannotMeasure)
    }
    defer { close(nothing) }
    return try withDescriptors(
        [STDIN_FILENO: nothing, STDOUT_FILENO: toErrors ? STDERR_FILENO : nothing], body)
}

/// Does something while what is started prints to standard error, as standard output has something else to say.
func withOutputToErrors<Result>(_ body: () throws -> Result) rethrows -> Result {
    try withDescriptors([STDOUT_FILENO: STDERR_FILENO], body)
}

/// - Parameter replacements: What takes the place of each of some descriptors meanwhile.
private func withDescriptors<Result>(
    _ replacements: KeyValuePairs<Int32, Int32>, _ body: () throws -> Result
) rethrows -> Result {
    let kept = replacements.map { ($0.key, fcntl($0.key, F_DUPFD_CLOEXEC, 3)) }
    defer {
        for (descriptor, copy) in kept {
            if copy >= 0 {
                dup2(copy, descriptor)
                close(copy)
            } else {
                close(descriptor)
            }
        }
    }
    for (descriptor, other) in replacements { dup2(other, descriptor) }
    return try body()
}
