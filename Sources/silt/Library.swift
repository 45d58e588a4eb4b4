import System

/// The path of libsilt.so: beside this program (as `swift build` lays it), or where `make install` puts it.
func locateLibrary() throws -> String {
    guard let program = try? ownProgramPath() else {
        throw Failure("/proc is not mounted, so this program cannot find its library", status: Failure.cannotMeasure)
    }
    let folder = program.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
    let places = ["\(folder)/silt_silt.resources", folder, "\(folder)/../lib/silt", "\(folder)/../lib"]
    let paths = places.map { "\($0)/libsilt.so" }
    guard let found = paths.first(where: isReadable), let library = try? canonicalPath(found) else {
        throw Failure(
            "libsilt.so is not beside \(program) nor in ../lib/silt; build it with 'swift build' or 'make install'",
            status: Failure.cannotMeasure)
    }
    return library
}
