import FoundationEssentials
import IMAP

/// What the sync learned of a folder and the store has to remember: facts, applied together or not at all.
package enum Change: Sendable, Equatable {
    /// The folder is new or its UIDVALIDITY is another: every UID known of it means nothing any more.
    /// Messages stay; the scan finds their copies again by token.
    case reset(uidValidity: UIDValidity)
    /// UIDVALIDITY is another, and the UIDs are the same as before.
    case renamed(uidValidity: UIDValidity)
    /// A first scan begins that looks back to `since`; `nil` is everything.
    case scanBegan(since: Date?)
    case message(ExaminedMessage)
    /// These UIDs need no further look in this scan.
    case scanned(UIDSet)
    case scanCompleted
    /// The server is about to be asked where it would look; once in a scan.
    case hinted
    /// Flags and keywords as the server told them, not as an answer to our own STORE.
    case flags(UID, Set<Flag>)
    /// Labels (X-GM-LABELS), all of them.
    case labels(UID, Set<Label>)
    case vanished(UIDSet)
    /// Everything below `uidNext` has been looked at; `highest` as of before that look, `count` messages are there, if
    /// that is known.
    case checkpoint(uidNext: UID, highest: ModificationSequence?, count: UInt32?)
    /// A message that could not be examined; it does not hold up the others.
    case parked(UID, reason: String)
    /// Messages a request from now on: large requests failed.
    case chunk(Int)
}

extension Change {
    /// Whether it may change what is known of copies that were there before.
    package var isAboutKnownCopies: Bool {
        switch self {
        case .reset, .renamed, .flags, .labels, .vanished: true
        case .scanBegan, .message, .scanned, .scanCompleted, .hinted, .checkpoint, .parked, .chunk: false
        }
    }

    /// Whether a message may be without a copy from now on.
    package var losesCopies: Bool {
        switch self {
        case .reset, .vanished: true
        default: false
        }
    }
}

/// A token as it was found in a message.
package struct FoundToken: Sendable, Hashable {
    package enum Kind: String, Sendable {
        /// Its MAC is of a stream of ours.
        case own
        /// Found by a pattern from the configuration; opaque.
        case foreign
        /// Has our shape, but no key of ours made it.
        case unverified
    }
    package var text: String
    package var kind: Kind
    package var quoted: Bool

    package init(text: String, kind: Kind, quoted: Bool) {
        self.text = text
        self.kind = kind
        self.quoted = quoted
    }

    /// Whether the token says that this message is tracked, and not one that it quotes.
    package var isOwnOfTheMessage: Bool { !quoted && kind != .unverified }
}

/// A message that is tracked, or holds a token all the same.
package struct ExaminedMessage: Sendable, Equatable {
    package struct Recipient: Sendable, Equatable {
        package var name: String
        package var address: String

        package init(name: String, address: String) {
            self.name = name
            self.address = address
        }
    }

    package var uid: UID
    package var flags: Set<Flag>
    /// Without brackets; `nil` if the header is missing.
    package var messageID: String?
    /// What it was called before a server gave it another Message-ID.
    package var earlierIDs: [String]
    package var subject: String
    package var sentAt: Date?
    package var recipients: [Recipient]
    package var recipientIsSender: Bool
    /// None: it is known by its Message-ID alone.
    package var tokens: [FoundToken]
    /// Arrived while the folder was known; the others were there before the first scan.
    package var isNews: Bool

    package init(
        uid: UID, flags: Set<Flag>, messageID: String?, earlierIDs: [String] = [], subject: String, sentAt: Date?,
        recipients: [Recipient],
        recipientIsSender: Bool, tokens: [FoundToken], isNews: Bool = false
    ) {
        self.uid = uid
        self.flags = flags
        self.messageID = messageID
        self.earlierIDs = earlierIDs
        self.subject = subject
        self.sentAt = sentAt
        self.recipients = recipients
        self.recipientIsSender = recipientIsSender
        self.tokens = tokens
        self.isNews = isNews
    }

    /// Whether the message itself is tracked, and not only one that it quotes.
    package var isTracked: Bool { tokens.isEmpty || tokens.contains(where: \.isOwnOfTheMessage) }
}

/// What is remembered of a folder between two runs.
package struct FolderState: Sendable, Equatable {
    package var uidValidity: UIDValidity?
    /// Messages from here on have not been looked at; `nil` before the first session.
    package var uidNext: UID?
    package var highest: ModificationSequence?
    /// Messages below `uidNext`; `nil` if that is not known.
    package var count: UInt32?
    package var scanSince: Date?
    package var scanComplete: Bool
    package var scanned: UIDSet
    /// The server has been asked where it would look.
    package var hinted: Bool
    /// Messages a request; 0 for the default.
    package var chunk: Int
    /// UIDs of copies of tracked messages.
    package var tracked: UIDSet
    /// The oldest tracked message: after a change of UIDVALIDITY the scan looks back at least that far.
    package var oldestTracked: Date?

    package init(
        uidValidity: UIDValidity? = nil, uidNext: UID? = nil, highest: ModificationSequence? = nil,
        count: UInt32? = nil, scanSince: Date? = nil,
        scanComplete: Bool = false, scanned: UIDSet = UIDSet(), hinted: Bool = false, chunk: Int = 0,
        tracked: UIDSet = UIDSet(),
        oldestTracked: Date? = nil
    ) {
        self.uidValidity = uidValidity
        self.uidNext = uidNext
        self.highest = highest
        self.count = count
        self.scanSince = scanSince
        self.scanComplete = scanComplete
        self.scanned = scanned
        self.hinted = hinted
        self.chunk = chunk
        self.tracked = tracked
        self.oldestTracked = oldestTracked
    }
}
