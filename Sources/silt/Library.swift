import Glibc

/// The path of libsilt.so: beside this program (as `swift build` lays it), or where `make install` puts it.
func locateLibrary() throws -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let length = unsafe readlink("/proc/self/exe", &buffer, Int(PATH_MAX))
    let program = String(decoding: buffer.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folder = program.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
    let places = ["\(folder)/silt_silt.resources", folder, "\(folder)/../lib/silt", "\(folder)/../lib"]
    for place in places {
        let path = "\(place)/libsilt.so"
        if unsafe access(path, R_OK) == 0 { return canonical(path) }
    }
    throw Failure(
        "libsilt.so is not beside \(program) nor in ../lib/silt; build with 'swift build' or install with 'make install'",
        status: Failure.cannotMeasure)
}

private func canonical(_ path: String) -> String {
    guard let resolved = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
}
