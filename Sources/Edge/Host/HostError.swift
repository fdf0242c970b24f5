import Foundation

/// What this machine did not let us do, and what the user can do about it.
package struct HostError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        case notFound
        /// Others could have read or written it, or it belongs to somebody else.
        case unsafe
        /// Empty, too large, or not what it should be.
        case unusable
        case timedOut
        case cancelled
        /// A program ran and failed.
        case failed
        /// Another agent holds the lock; its process, if it can be read.
        case alreadyRunning(pid: Int32?)
        /// A system call failed with this `errno`.
        case system(Int32)
    }

    package let code: Code
    /// The path or program.
    package let subject: String
    package let detail: String
    /// What to do, as an imperative.
    package let action: String

    package init(code: Code, subject: String, detail: String, action: String) {
        self.code = code
        self.subject = subject
        self.detail = detail
        self.action = action
    }

    /// `SUBJECT: DETAIL; ACTION`, on one line.
    package var description: String { "\(subject): \(detail); \(action)" }
}

extension HostError {
    /// From `errno`, right after the call that set it.
    static func system(_ subject: String, _ what: String, action: String, errno code: Int32 = errno) -> HostError {
        HostError(
            code: code == ENOENT ? .notFound : .system(code), subject: subject,
            detail: "\(what): \(String(cString: strerror(code)))", action: action)
    }
}
