import CHost
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// An open file, closed when nobody holds it.
final class FileDescriptor: Sendable {
    let number: Int32

    /// Takes ownership; `nil` for the -1 of a failed call.
    init?(_ number: Int32) {
        guard number >= 0 else { return nil }
        self.number = number
    }

    deinit { close(number) }

    /// Both ends of a pipe, neither of which reaches a child process.
    static func pipe() -> (reader: FileDescriptor, writer: FileDescriptor)? {
        var ends: [Int32] = [-1, -1]
        guard chost_pipe(&ends) == 0 else { return nil }
        guard let reader = FileDescriptor(ends[0]), let writer = FileDescriptor(ends[1]) else { return nil }
        return (reader, writer)
    }

    /// Everything up to the end, or `limit` + 1 bytes, by which the caller sees that there is more.
    /// `nil` with `errno` set when reading fails.
    func read(limit: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= limit {
            let count = Foundation.read(number, &chunk, min(chunk.count, limit + 1 - bytes.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes
    }

    /// `false` with `errno` set when not everything could be written.
    func write(_ bytes: [UInt8]) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Foundation.write(number, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return false }
            done += count
        }
        return true
    }
}
