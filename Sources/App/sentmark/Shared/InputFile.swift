import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file, or standard input for `-`, read in the pieces in which it comes.
final class InputFile {
    /// For messages.
    let name: String
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    init(_ path: String) throws(Failure) {
        guard path != "-" else {
            name = "standard input"
            descriptor = STDIN_FILENO
            return
        }
        name = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable }
    }

    deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

    /// What is there now, at least one byte; none at the end.
    func read() throws(Failure) -> [UInt8] {
        while true {
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            if count >= 0 { return Array(buffer[..<count]) }
            if errno != EINTR { throw unreadable }
        }
    }

    /// All of it, at most `limit` bytes.
    func readToEnd(limit: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        while case let more = try read(), !more.isEmpty {
            bytes += more
            guard bytes.count <= limit else {
                throw Failure(.dataError, "\(name): larger than \(limit >> 20) MB", action: "give a smaller one")
            }
        }
        return bytes
    }

    private var unreadable: Failure {
        let status: SystemExit =
            switch errno {
            case EACCES, EPERM: .permission
            case ENOENT, ENOTDIR, EISDIR: .dataError
            default: .inputOutput
            }
        return Failure(status, "\(name): cannot be read: \(String(cString: strerror(errno)))", action: "check the path")
    }
}
