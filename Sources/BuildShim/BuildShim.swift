import Foundation
import PackagePlugin

/// Compiles and links libsilt.so, as part of `swift build`.
///
/// Not a target of its own: SwiftPM links every dynamic library product, also one of C alone, against libswiftCore and an
/// undefined `swift_addNewDSOImage`, and the library must need libc only. The result becomes a resource of the program,
/// so that it lies in a folder beside it.
@main struct BuildShim: BuildToolPlugin {
    /// What makes the library what it is: no PLT (it would cost on every call), nothing exported by accident, and the
    /// usual hardening: read-only relocations bound at load, no executable stack, stack protector.
    private let flags = [
        "-shared", "-O2", "-gdwarf-4", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-fPIC", "-fno-plt",
        "-fno-builtin", "-fvisibility=hidden", "-fstack-protector-strong", "-nodefaultlibs", "-lc",
        "-Wl,-z,relro,-z,now,-z,noexecstack,-z,nodelete",
    ]

    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let shim = context.package.directoryURL.appending(path: "shim")
        let library = context.pluginWorkDirectoryURL.appending(path: "libsilt.so")
        let files = ["include", "core", "preload"].flatMap { folder in
            let url = shim.appending(path: folder)
            let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path())) ?? []
            return names.sorted().map { url.appending(path: $0) }
        }
        let sources = files.filter { $0.pathExtension == "c" }
        let script = shim.appending(path: "libsilt.map")
        return [
            .buildCommand(
                displayName: "Building libsilt.so",
                executable: try context.tool(named: "clang").url,
                arguments: flags + ["-Wl,--version-script=\(script.path())", "-I\(shim.path())/include"]
                    + sources.map { $0.path() } + ["-o", library.path()],
                inputFiles: files + [script],
                outputFiles: [library])
        ]
    }
}
