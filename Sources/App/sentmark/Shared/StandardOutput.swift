import ArgumentParser
import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where results go; everything else goes to standard error.
enum StandardOutput {
    /// Columns of the terminal; `nil` when it is none, and lines may be as long as they are.
    static var width: Int? { terminalColumns(STDOUT_FILENO) }

    /// Writes all of it. A full disk is an error; a reader that has gone, such as `head`, is an early and quiet end.
    static func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EPIPE {
                throw ExitCode.success
            } else if errno != EINTR {
                let why = String(cString: strerror(errno))
                throw Failure(.inputOutput, "standard output: cannot be written: \(why)", action: "check the disk")
            }
        }
    }

    static func write(_ text: String) throws { try write(Array(text.utf8)) }
}

enum StandardError {
    static func write(_ text: String) { ProgressLine.standardError.write(text) }
}

/// `nil` when it is no terminal.
func terminalColumns(_ descriptor: Int32) -> Int? {
    guard isatty(descriptor) == 1 else { return nil }
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
}
