import IMAP
import Mailbox

/// Tries whether a folder keeps a keyword: puts one on its newest message, looks, takes it off again and looks again.
/// No other flag is touched.
enum KeywordProbe {
    enum Outcome: Equatable, Sendable {
        case kept
        /// Accepted, and not there afterwards.
        case dropped
        /// Kept, and not removed when that was asked for.
        case stuck
        case noMessage
    }

    static let keyword = "sentmark-probe"
    private static let flag = Flag(spelling: keyword)

    /// The folder is selected for writing.
    static func run(on connection: Connection) async throws(MailboxError) -> Outcome {
        guard let (uid, _) = try await flags(of: UIDSet(.last), on: connection) else { return .noMessage }
        let set = UIDSet(uid)
        do {
            try await connection.require(.uidStore(set, .add, [flag]))
            let kept = try await flags(of: set, on: connection)?.flags.contains(flag) ?? false
            try await connection.require(.uidStore(set, .remove, [flag]))
            let stuck = try await flags(of: set, on: connection)?.flags.contains(flag) ?? false
            return stuck ? .stuck : kept ? .kept : .dropped
        } catch {
            // Whatever went wrong, the probe does not stay.
            if error.isAboutOneCommand { _ = try? await connection.run([.uidStore(set, .remove, [flag])]) }
            throw error
        }
    }

    private static func flags(
        of set: UIDSet, on connection: Connection
    ) async throws(MailboxError) -> (uid: UID, flags: Set<Flag>)? {
        var found: (uid: UID, flags: Set<Flag>)?
        try await connection.require(.uidFetch(set, [.uid, .flags])) { untagged in
            if case .fetch(let data) = untagged, let uid = data.uid, let flags = data.flags {
                found = (uid, Set(flags))
            }
        }
        return found
    }
}
