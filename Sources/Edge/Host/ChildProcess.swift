import CHost
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A running program and the pipes on which it prints. Used by one thread.
final class ChildProcess {
    private let pid: pid_t
    private var outputPipe: FileDescriptor?
    private var errorPipe: FileDescriptor?
    private(set) var output: [UInt8] = []
    private(set) var errors: [UInt8] = []
    private var status: Int32?

    init(_ command: Command) throws(HostError) {
        let texts = command.arguments + command.environment.flatMap { [$0.key, $0.value] }
        guard !command.program.isEmpty, !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw command.error(.unusable, "cannot be started: an empty name or a NUL", action: "name a program")
        }
        guard let out = FileDescriptor.pipe(), let err = FileDescriptor.pipe() else {
            throw .system(command.program, "cannot be started", action: "check the limit of open files")
        }
        var pid: pid_t = 0
        let code = Self.spawn(&pid, command, output: out.writer.number, errors: err.writer.number)
        guard code == 0 else {
            throw .system(
                command.program, "cannot be started", action: "check that it is installed and in PATH", errno: code)
        }
        self.pid = pid
        for pipe in [out.reader, err.reader] {
            _ = fcntl(pipe.number, F_SETFL, O_NONBLOCK)
        }
        outputPipe = out.reader
        errorPipe = err.reader
    }

    /// Waits until there is output, or for the time; `false` as soon as `stop` is readable.
    func wait(atMost time: Duration, orUntil stop: FileDescriptor) -> Bool {
        let pipes = [outputPipe, errorPipe].compactMap { $0?.number }
        var polled = ([stop.number] + pipes).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let milliseconds = time.components.attoseconds / 1_000_000_000_000_000 + time.components.seconds * 1000
        _ = poll(&polled, nfds_t(polled.count), Int32(clamping: milliseconds + 1))
        return polled[0].revents == 0
    }

    /// Takes what has been printed; `false` when one output exceeds the limit.
    func readAvailable(limit: Int) -> Bool {
        Self.read(&outputPipe, into: &output, limit: limit) && Self.read(&errorPipe, into: &errors, limit: limit)
    }

    /// The exit status, or 128 + a signal's number, once the child has ended.
    func endStatus() -> Int32? {
        if status == nil { reap(WNOHANG) }
        return status
    }

    /// Ends the child and what it has started in its process group.
    func kill() {
        guard status == nil else { return }
        // The group is there: posix_spawn returns after the child has made it. Until it is reaped, its number is ours.
        _ = Foundation.kill(-pid, SIGKILL)
        reap(0)
    }

    deinit { kill() }

    private func reap(_ options: Int32) {
        var code: Int32 = 0
        var result = waitpid(pid, &code, options)
        while result < 0, errno == EINTR { result = waitpid(pid, &code, options) }
        if result == pid {
            let signal = code & 0x7F
            status = signal == 0 ? (code >> 8) & 0xFF : 128 + signal
        } else if result < 0 {
            // Somebody has set SIGCHLD to be ignored: the child is gone, and how it ended with it.
            status = 127
        }
    }

    private static func read(_ pipe: inout FileDescriptor?, into bytes: inout [UInt8], limit: Int) -> Bool {
        guard let open = pipe else { return true }
        var chunk = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= limit {
            let count = Foundation.read(open.number, &chunk, chunk.count)
            if count > 0 {
                bytes += chunk[..<count]
            } else if count < 0, errno == EINTR {
                continue
            } else {
                // The end, or nothing more for now.
                if count == 0 || errno != EAGAIN { pipe = nil }
                return bytes.count <= limit
            }
        }
        return false
    }

    /// Returns an error number, 0 for none.
    private static func spawn(_ pid: inout pid_t, _ command: Command, output: Int32, errors: Int32) -> Int32 {
        var arguments = command.arguments.map { strdup($0) }
        var environment = command.environment.map { strdup("\($0.key)=\($0.value)") }
        defer { for text in arguments + environment { free(text) } }
        guard !(arguments + environment).contains(nil) else { return ENOMEM }
        arguments.append(nil)
        environment.append(nil)
        return chost_spawn(&pid, arguments, environment, output, errors)
    }
}
