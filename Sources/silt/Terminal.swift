import Glibc
import Rendering

/// How text is to look on standard output: the terminal's width, colour only there and only without `NO_COLOR`
/// (no-color.org), and plain characters where the locale has no others.
func textStyle() -> TextStyle {
    let isTerminal = isatty(STDOUT_FILENO) == 1
    let color = isTerminal && (environment("NO_COLOR") ?? "").isEmpty && environment("TERM") != "dumb"
    return TextStyle(width: width(isTerminal: isTerminal), color: color, unicode: localeIsUnicode())
}

private func width(isTerminal: Bool) -> Int {
    var size = winsize()
    if isTerminal, unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
        return Int(size.ws_col)
    }
    return environment("COLUMNS").flatMap { Int($0) } ?? 80
}

/// POSIX: the first of these that is set and not empty decides. Nothing set at all is taken for a modern machine.
private func localeIsUnicode() -> Bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap(environment).first { !$0.isEmpty }
    guard let locale = locale?.lowercased() else { return true }
    return locale.contains("utf-8") || locale.contains("utf8")
}

func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
}

func writeToStandardOutput(_ text: String) { write(text, to: STDOUT_FILENO) }

func writeToStandardError(_ text: String) { write(text, to: STDERR_FILENO) }

/// All of it; a reader that went away is its own affair.
private func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { return }
        rest = rest.dropFirst(written)
    }
}
