import CSystem
import Glibc

/// A unix stream socket that others connect to.
package struct UnixListener: ~Copyable {
    /// Bytes of the longest path that a socket can have.
    package static let longestPath = Int(CSYSTEM_SOCKET_PATH_MAX)

    private let socket: Descriptor

    /// Listens at `path`, which must not exist. Whoever may write to the file may connect.
    package init(path: String) throws(SystemError) {
        let result = unsafe csystem_listen(path)
        socket = Descriptor(rawValue: try checked(result, "listen", path), path: path)
    }

    /// For ``poll(_:nanoseconds:)``.
    package var pollable: Int32 { socket.rawValue }

    /// The next connection, `nil` where nobody waits.
    package func accept() throws(SystemError) -> Connection? {
        let result = csystem_accept(socket.rawValue)
        // accept(2): a connection that was given up again is an error of the call.
        if [-EAGAIN, -ECONNABORTED, -EINTR].contains(result) { return nil }
        return Connection(Descriptor(rawValue: try checked(result, "accept", socket.path), path: socket.path))
    }

    /// Somebody who connected; hung up when this value is gone.
    package struct Connection: ~Copyable {
        private let socket: Descriptor

        fileprivate init(_ socket: consuming Descriptor) { self.socket = socket }

        /// For ``poll(_:nanoseconds:)``.
        package var pollable: Int32 { socket.rawValue }

        /// The process that connected, `nil` where it is outside of our PID namespace.
        package func peer() throws(SystemError) -> Int32? {
            var pid: Int32 = 0
            _ = try checked(unsafe csystem_peer(socket.rawValue, &pid), "getsockopt", socket.path)
            return pid > 0 ? pid : nil
        }

        /// What has arrived, up to `count` bytes: `nil` where nothing has yet, empty where the other side hung up.
        package func receive(count: Int) throws(SystemError) -> [UInt8]? {
            var bytes = [UInt8](repeating: 0, count: count)
            let result = unsafe csystem_read(socket.rawValue, &bytes, count)
            if result == -Int64(EAGAIN) { return nil }
            if result == -Int64(ECONNRESET) { return [] }
            return Array(bytes.prefix(Int(try checked(result, "read", socket.path))))
        }

        /// Sends a few bytes, as many as a socket takes at once.
        package func send(_ bytes: [UInt8]) throws(SystemError) {
            _ = try checked(unsafe csystem_send(socket.rawValue, bytes, bytes.count), "send", socket.path)
        }

        /// Connects to a listener, whose backlog may keep us waiting.
        package static func to(_ path: String) throws(SystemError) -> Connection {
            let result = unsafe csystem_connect(path)
            return Connection(Descriptor(rawValue: try checked(result, "connect", path), path: path))
        }
    }
}
