import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A program and its arguments, run once without a shell.
///
/// The child gets an empty standard input, no other open file, default signals and a process group of its own, which
/// is killed as a whole at the end of its time or when the task is cancelled.
package struct Command: Sendable {
    package struct Output: Sendable, Equatable {
        /// The exit status; 128 + the signal's number if a signal ended it.
        package let status: Int32
        package let standardOutput: [UInt8]
        package let standardError: [UInt8]
    }

    package let arguments: [String]
    package let environment: [String: String]
    package let timeout: Duration
    /// Bytes, of each of the two outputs.
    package let outputLimit: Int

    package init(
        _ arguments: [String], environment: [String: String] = ProcessInfo.processInfo.environment,
        timeout: Duration = .seconds(10), outputLimit: Int = 65_536
    ) {
        self.arguments = arguments
        // What speaks to our service manager stays ours.
        self.environment = environment.filter { !["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"].contains($0.key) }
        self.timeout = timeout
        self.outputLimit = outputLimit
    }

    /// Waits for its end without holding a thread of Swift's pool. A failed program is an output, not an error.
    package func run() async throws(HostError) -> Output {
        guard let stop = FileDescriptor.pipe() else {
            throw .system(program, "cannot be started", action: "check the limit of open files")
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A thread that lives as long as the child: nothing else can wait for pipes and a process at once.
                Thread.detachNewThread {
                    continuation.resume(returning: Result { () throws(HostError) in try wait(stop: stop.reader) })
                }
            }
        } onCancel: {
            _ = stop.writer.write([0])
        }
        return try result.get()
    }

    /// The same where the caller's thread may block until the end.
    package func runBlocking() throws(HostError) -> Output {
        guard let stop = FileDescriptor.pipe() else {
            throw .system(program, "cannot be started", action: "check the limit of open files")
        }
        return try withExtendedLifetime(stop) { () throws(HostError) in try wait(stop: stop.reader) }
    }

    var program: String { arguments.first ?? "" }

    func error(_ code: HostError.Code, _ detail: String, action: String = "run it by hand to see why") -> HostError {
        HostError(code: code, subject: program, detail: detail, action: action)
    }
}

extension Command {
    private func wait(stop: FileDescriptor) throws(HostError) -> Output {
        let child = try ChildProcess(self)
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        while true {
            let left = deadline - clock.now
            guard left > .zero else {
                child.kill()
                throw error(.timedOut, "did not end within \(timeout.components.seconds) seconds")
            }
            // The end of the pipes wakes us at once. The short wait is for a child that has closed them and runs on, and
            // for one that has ended and left them to a process of its own.
            guard child.wait(atMost: min(left, .milliseconds(20)), orUntil: stop) else {
                child.kill()
                throw error(.cancelled, "was stopped", action: "start again")
            }
            let status = child.endStatus()
            guard child.readAvailable(limit: outputLimit) else {
                child.kill()
                throw error(
                    .unusable, "printed more than \(outputLimit) bytes", action: "let it print only what is asked")
            }
            if let status {
                return Output(status: status, standardOutput: child.output, standardError: child.errors)
            }
        }
    }
}
