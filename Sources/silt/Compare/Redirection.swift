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
    let kept = [STDIN_FILENO, STDOUT_FILENO].map { ($0, fcntl($0, F_DUPFD_CLOEXEC, 3)) }
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
    dup2(nothing, STDIN_FILENO)
    dup2(toErrors ? STDERR_FILENO : nothing, STDOUT_FILENO)
    return try body()
}
