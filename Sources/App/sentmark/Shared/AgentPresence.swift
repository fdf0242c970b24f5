import Foundation

/// Whether an agent runs on a state directory, found without touching its lock: taking it, even for an instant, could
/// turn away an agent that is just starting.
enum AgentPresence: Equatable, Sendable {
    case running(pid: Int32)
    case notRunning
    /// This system does not tell who holds a lock.
    case unknown

    static func find(lock path: String) -> AgentPresence {
        var status = stat()
        guard stat(path, &status) == 0 else { return .notRunning }
        guard let locks = try? String(contentsOfFile: "/proc/locks", encoding: .utf8) else { return .unknown }
        let inode = UInt64(status.st_ino)
        return holder(of: inode, in: locks).map { .running(pid: $0) } ?? .notRunning
    }

    /// Reads lines such as `1: FLOCK  ADVISORY  WRITE 3601 08:02:25296919 0 EOF` (proc_locks(5)).
    static func holder(of inode: UInt64, in locks: String) -> Int32? {
        for line in locks.split(separator: "\n") {
            let words = line.split(separator: " ")
            // A line with an arrow is of a process that waits for the lock.
            guard words.count >= 6, words[1] == "FLOCK", words[3] == "WRITE",
                words[5].split(separator: ":").last.flatMap({ UInt64($0) }) == inode
            else { continue }
            return Int32(words[4])
        }
        return nil
    }
}
