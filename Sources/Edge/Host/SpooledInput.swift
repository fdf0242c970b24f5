import CHost
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// What another program is to read, written down whole before that program starts: it must not take the end of a writer
/// that was killed for the end of its input.
package final class SpooledInput {
    private let file: FileDescriptor
    private let path: String

    /// A file in the directory that has no name there any more.
    package init(in directory: String) throws(HostError) {
        var template = Array((directory + "/spool-XXXXXX").utf8CString)
        let number = template.withUnsafeMutableBufferPointer { name in name.baseAddress.map { mkstemp($0) } ?? -1 }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let file = FileDescriptor(number) else {
            throw .system(path, "cannot be made", action: "check the space on the disk and the directory's permissions")
        }
        self.file = file
        unlink(path)
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
    }

    package func write(_ bytes: [UInt8]) throws(HostError) {
        guard file.write(bytes) else { throw .system(path, "cannot be written", action: "check the space on the disk") }
    }

    /// Runs a program on it, with our outputs; the exit status, or 128 + the number of the signal that ended it.
    package func run(
        _ arguments: [String], environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(HostError) -> Int32 {
        guard let program = arguments.first, !(arguments.contains { $0.utf8.contains(0) }) else {
            throw HostError(
                code: .unusable, subject: arguments.first ?? "", detail: "cannot be started", action: "name a program")
        }
        guard lseek(file.number, 0, SEEK_SET) == 0 else {
            throw .system(path, "cannot be read", action: "check the disk")
        }
        var words = arguments.map { strdup($0) }
        var variables = environment.map { strdup("\($0.key)=\($0.value)") }
        defer { for text in words + variables { free(text) } }
        words.append(nil)
        variables.append(nil)
        var pid: pid_t = 0
        let code = chost_spawn_reading(&pid, words, variables, file.number)
        guard code == 0 else {
            throw .system(program, "cannot be started", action: "check that it is installed and in PATH", errno: code)
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { return 127 }
        }
        let signal = status & 0x7f
        return signal == 0 ? status >> 8 & 0xff : 128 + signal
    }
}
