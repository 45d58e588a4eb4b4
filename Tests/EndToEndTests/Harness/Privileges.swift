import Glibc

/// What the tests may do here.
enum Privileges {
    static let isRoot = geteuid() == 0

    /// Whether a file system may be mounted where nobody else sees it.
    static let mayMount =
        (try? run(["/usr/bin/unshare", "--mount", "/usr/bin/mount", "-t", "tmpfs", "silt-test", "/mnt"]).status) == 0

    /// In a PID namespace of its own.
    static let unshared = ["/usr/bin/unshare", "-Urpf", "--mount-proc"]
    static let mayUnshare = (try? run(unshared + ["/bin/true"]).status) == 0

    /// A command as a user who owns nothing; only root may become one.
    static func asNobody(_ command: [String]) -> [String] {
        ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] + command
    }

    /// Copies a program to where every user may run it.
    static func publish(_ path: String, in scratch: Scratch) throws -> String {
        let copy = "\(scratch.folder)/\(path.split(separator: "/").last!)"
        let outcome = try run(["/usr/bin/install", "-m", "755", path, copy])
        guard outcome.status == 0 else { throw Trouble(outcome.errors) }
        return copy
    }
}
