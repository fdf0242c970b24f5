import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// The right to be the only agent on a state directory, held until this object is gone.
///
/// The kernel frees it when the process ends, however it ends; the file stays and means nothing by itself.
package final class ProcessLock: Sendable {
    private let file: FileDescriptor

    /// Takes the lock on the file, which is made if needed, and writes our process number into it.
    ///
    /// Does not wait: a lock that another process holds is ``HostError/Code/alreadyRunning(pid:)``.
    package init(_ path: String) throws(HostError) {
        guard let file = FileDescriptor(open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)) else {
            throw .system(path, "cannot be opened", action: "check the permissions of the state directory")
        }
        guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else {
                throw .system(path, "cannot be locked", action: "keep the state directory on a local disk")
            }
            let pid = file.read(limit: 32).flatMap { Int32(String(decoding: $0.prefix { $0 > 0x20 }, as: UTF8.self)) }
            let holder = pid.map { "process \($0)" } ?? "another process"
            throw HostError(
                code: .alreadyRunning(pid: pid), subject: path, detail: "an agent is already running: \(holder)",
                action: "stop it first, or give this one another XDG_STATE_HOME")
        }
        guard ftruncate(file.number, 0) == 0, file.write(Array("\(getpid())\n".utf8)) else {
            throw .system(path, "cannot be written", action: "check the space on the disk")
        }
        self.file = file
    }
}
