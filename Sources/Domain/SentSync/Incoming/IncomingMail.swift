import FoundationEssentials
import IMAP

/// An incoming message that has to do with one that is tracked.
package struct IncomingMail: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Somebody has answered it, or passed it on to us.
        case reply
        /// A program has (RFC 3834).
        case automatic
        /// A mail server tells what became of it (RFC 3464).
        case report
        /// It is the tracked message itself: its sender is among the recipients.
        case copy
    }

    package var uid: UID
    package var kind: Kind
    /// INTERNALDATE.
    package var arrivedAt: Date
    package var isSeen: Bool
    /// Message-IDs of what it is about, without brackets.
    package var names: [String]
    /// Compared with the recipients, and not kept.
    package var sender: String?
    /// Those of ours that a mail program loads when it shows the message.
    package var tokens: [String]
    /// Recipients whom a report says it did not reach: compared, and not kept.
    package var failed: Set<String>

    package init(
        uid: UID, kind: Kind, arrivedAt: Date, isSeen: Bool, names: [String], sender: String? = nil,
        tokens: [String] = [], failed: Set<String> = []
    ) {
        self.uid = uid
        self.kind = kind
        self.arrivedAt = arrivedAt
        self.isSeen = isSeen
        self.names = names
        self.sender = sender
        self.tokens = tokens
        self.failed = failed
    }
}

/// What is remembered of a folder that answers arrive in.
package struct IncomingState: Sendable, Equatable {
    package var uidValidity: UIDValidity?
    /// Messages from here on have not been looked at; `nil` before the first look.
    package var uidNext: UID?
    /// Those of the messages kept that were not marked as seen when they were looked at last.
    package var unseen: UIDSet

    package init(uidValidity: UIDValidity? = nil, uidNext: UID? = nil, unseen: UIDSet = UIDSet()) {
        self.uidValidity = uidValidity
        self.uidNext = uidNext
        self.unseen = unseen
    }
}

/// What a look at the folder has shown: stored together.
package struct IncomingNews: Sendable, Equatable {
    package var uidValidity: UIDValidity
    package var uidNext: UID
    package var mail: [IncomingMail]
    /// Of ``IncomingState/unseen``: those that are marked as seen now.
    package var seen: UIDSet
    /// And those that still are not.
    package var unseen: UIDSet

    package init(uidValidity: UIDValidity, uidNext: UID, mail: [IncomingMail], seen: UIDSet, unseen: UIDSet) {
        self.uidValidity = uidValidity
        self.uidNext = uidNext
        self.mail = mail
        self.seen = seen
        self.unseen = unseen
    }
}

/// Bounds of a look at incoming mail.
package enum IncomingLimits {
    /// New messages whose headers are read, the last ones.
    static let messages: UInt32 = 2000
    /// Of which one FETCH asks for so many.
    static let chunk = 500
    /// Numbers, the last ones, that are gone through one by one.
    static let alone: UInt32 = 500
    /// Messages whose parts are looked at.
    static let candidates = 200
    /// Parts of one message, octets of one, and octets of all.
    static let parts = 8
    /// Messages whose part of one number is asked for at once.
    static let together = 20
    static let partBytes: UInt32 = 256 << 10
    static let total = 16 << 20
    /// Messages whose `\Seen` is followed.
    package static let unseen = 200
}
