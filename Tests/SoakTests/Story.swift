import Servers

/// What one seed stands for: a server with its ways, and what happens to it and to the agent.
struct Story: Sendable {
    let seed: UInt64
    let serverClass: ServerClass
    var quirks: Set<Quirk>
    let software: Software
    let showing: Showing
    /// INBOX is looked through for answers (`replies`).
    var watchesReplies = false
    /// Drafts are sent through a folder (`outbox`).
    var hasOutbox = false
    /// The keyword of ours that the server does not keep, with those quirks.
    let brokenKeyword: String
    /// Messages a request, so that a small mailbox takes several.
    let chunk: Int
    var steps: [Step]

    struct Step: Sendable {
        /// Moments that pass before it; at rest none do.
        let gap: Int
        let operation: Operation
    }
}

/// How the server departs from the plainest one of its class.
enum Quirk: String, Sendable, CaseIterable {
    case noIdle
    case noEsearch
    /// FETCH answers from the last message to the first.
    case descending
    /// What is new comes before the `+` of IDLE.
    case newsBeforePlus
    /// What arrived before IDLE is told of when IDLE ends.
    case silentGap
    /// `* 3 FETCH (FLAGS …)`
    case flagsWithoutUID
    /// VANISHED names what never was.
    case wideVanished
    /// VANISHED (EARLIER) names every UID that is not there.
    case shortLog
    case noUIDNext
    /// UIDNEXT is the last message's UID and one, whatever was deleted behind it.
    case shrinkingUIDNext
    /// A STORE that should be silent is answered with the flags.
    case loudStore
    case upperCase
    case noModSeq
    /// OK to ENABLE without ENABLED.
    case enableUnanswered
    case resyncRefused
    /// OK to the STORE, and the keyword is not kept.
    case dropsKeyword
    case refusesKeyword
    case readOnly
    /// PERMANENTFLAGS without `\*`.
    case fixedKeywords
    /// Only what was sent after a day is to be looked at.
    case since
    /// Tagged NO to a FETCH that names a sick message, behind what it did answer.
    case refusesSick
    /// A line that is no FETCH, for a sick message.
    case garblesSick
    /// NOTIFY (RFC 5465).
    case notifies
    /// `* OK [NOTIFICATIONOVERFLOW]` now and then, and not a word after it.
    case overflows
    /// COMPRESS=DEFLATE (RFC 4978), and NO to it.
    case compresses
    case refusesCompression
    /// No SEARCH HEADER that finds anything.
    case findsNoText
    /// COPY and EXPUNGE instead of MOVE (RFC 6851).
    case noMove
}

/// A server that is known by its greeting, or one that is not.
enum Software: String, Sendable, CaseIterable {
    case unknown = "ready"
    case dovecot = "Dovecot ready."
    case exchange = "The Microsoft Exchange IMAP4 service is ready."
    case courier = "Courier-IMAP ready."
    case coremail = "Coremail System IMap Server Ready"
    case yahoo = "ready for Yahoo"

    var host: String { self == .yahoo ? "imap.mail.yahoo.com" : "imap.example.org" }
}

/// What other clients, the network, people and chance do. `pick` chooses among what there is at that moment.
enum Operation: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case tracked
        case foreign
        case plain
        /// An answer that quotes a tracked message.
        case quoting
        /// A token of our shape that no key of ours made.
        case forged
        /// The same message once more, and the same with another Message-ID.
        case copy
        case rewritten
        /// The clean copy of a draft that was sent.
        case filed
    }
    enum Opener: String, Sendable {
        case person
        case scanner
    }

    case append(Kind, pick: Int, carries: String?, isSick: Bool)
    case expunge(pick: Int)
    /// From Sent to the archive, and back.
    case archive(pick: Int)
    case unarchive(pick: Int)
    case flag(String, Bool, pick: Int)
    /// A keyword of ours, by somebody else.
    case addMark(String, pick: Int)
    case removeMark(pick: Int)
    case hit(Opener, pick: Int)
    /// Something comes to INBOX, and somebody reads what is there.
    case answer(Answer, pick: Int, isRead: Bool)
    case read(pick: Int)
    /// Something is put into the outbox, and what becomes of it at the provider.
    case draft(Provider.Turn, hasOwnID: Bool, isTracked: Bool)
    /// The hits so far are pulled, and perhaps judged.
    case pull(judges: Bool)
    /// The connection ends when so many more octets have come from the server, or have gone to it.
    case cutReceived(after: Int)
    case cutSent(after: Int)
    case bye
    /// The next command is answered NO [UNAVAILABLE].
    case busy
    case crash
    case loseDatabase
    case renumber(from: UInt32)
    case turnBack
}

extension Story: CustomStringConvertible {
    var description: String {
        let ways = quirks.map(\.rawValue).sorted().joined(separator: ", ")
        return """
            seed \(seed): \(serverClass.rawValue), "\(software.rawValue)", \(ways); shows \(showing.rawValue)\
            \(watchesReplies ? ", watches replies" : "")\(hasOutbox ? ", has an outbox" : ""), \
            breaks \(brokenKeyword); chunk \(chunk)
            \(steps.map { "  \($0)" }.joined(separator: "\n"))
            """
    }
}

extension Story.Step: CustomStringConvertible {
    var description: String {
        // Of the names of nested types the last one is enough.
        (gap == Self.rest ? "at rest, " : "+\(gap) ") + "\(operation)".replacing(/[A-Za-z]+\./, with: "")
    }
}
