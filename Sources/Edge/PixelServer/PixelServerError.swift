/// What went wrong with the pixel server's files or its listener, and what to do about it.
package struct PixelServerError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Another process holds the hit log.
        case locked
        /// A file can be read or written by others, or not by us.
        case permission
        /// The hit log cannot promise that a stored hit survives a power cut.
        case durability
        /// No space left, on the disk or under the configured size of the log.
        case full
        /// The disk or SQLite refused.
        case storage
        /// Hits come faster than they can be stored.
        case busy
        /// The database cannot be reached, or what it was asked has no answer.
        case unreachable
        /// A file of ours is not what we wrote, or was written by a newer version.
        case unreadable
        /// A name, stream or epoch that cannot be given or found.
        case stream
        /// The certificate and its key are none, or do not belong together.
        case certificate
        /// The address cannot be listened on.
        case listen
    }

    package enum Remedy: Equatable, Sendable {
        case retryLater(after: Duration)
        case needsUser(String)
    }

    package let code: Code
    /// What is broken and why, without a full stop: `hits.db: another process writes it`.
    package let detail: String
    package let remedy: Remedy

    package var description: String {
        switch remedy {
        case .retryLater: "\(detail); it is tried again"
        case .needsUser(let action): "\(detail); \(action)"
        }
    }

    package init(_ code: Code, _ detail: String, _ remedy: Remedy) {
        self.code = code
        self.detail = detail
        self.remedy = remedy
    }
}
