/// One answer of the server, as ``ResponseParser`` yields it.
package enum Response: Equatable, Sendable {
    case tagged(Tag, Completion)
    case continuation(ResponseText)
    case untagged(Untagged)
    /// A response outside the grammar, tolerances included: its first bytes. The next response is unaffected.
    case unparsable([UInt8])
}

/// How a command ended.
package struct Completion: Hashable, Sendable {
    package enum Status: Hashable, Sendable {
        case ok
        case no
        case bad
    }

    package let status: Status
    package let code: ResponseCode?
    package let text: String

    package init(_ status: Status, _ text: ResponseText = ResponseText()) {
        self.status = status
        code = text.code
        self.text = text.text
    }
}

/// Data and news that no tag claims. Never attribute one to a command by its position: servers answer pipelined
/// commands interleaved.
package enum Untagged: Equatable, Sendable {
    /// `* OK`, `* NO`, `* BAD`
    case condition(Completion)
    case bye(ResponseText)
    case preauthenticated(ResponseText)
    case capability([Capability])
    case enabled([Capability])
    /// `nil` for `* ID NIL`.
    case id([IDField]?)
    case flags([Flag])
    /// LIST, XLIST and LSUB.
    case list(ListEntry)
    /// SEARCH and ESEARCH.
    case search(SearchResult)
    case exists(UInt32)
    case recent(UInt32)
    case expunge(SequenceNumber)
    /// RFC 7162 3.2.10. May name UIDs that never existed and ranges up to `*`.
    case vanished(UIDSet, earlier: Bool)
    case fetch(FetchData)
    case mailboxStatus(MailboxName, MailboxStatus)
    /// A response that nobody here needs: its name and its first bytes as text.
    case other(name: String, text: String)
}

/// One field of an ID exchange (RFC 2971).
package struct IDField: Hashable, Sendable {
    package let name: String
    package let value: String?

    package init(_ name: String, _ value: String?) {
        self.name = name
        self.value = value
    }
}

/// The result of a UID SEARCH. A server may answer a RETURN search with a plain SEARCH: ``tag`` is then `nil`.
package struct SearchResult: Equatable, Sendable {
    package var tag: Tag?
    /// Whether the numbers are UIDs; known for ESEARCH only.
    package var isUID = false
    /// The messages found. `nil`: the server did not say, or found none.
    package var all: UIDSet?
    package var minimum: UID?
    package var maximum: UID?
    package var count: UInt32?
    package var highestModificationSequence: ModificationSequence?
    /// RFC 9394: the window asked for, as written, and what lies in it.
    package var partial: Partial?

    package struct Partial: Equatable, Sendable {
        package let window: String
        package let uids: UIDSet
    }

    package init() {}
}

/// What STATUS said of one mailbox; `nil` is what it left out.
package struct MailboxStatus: Hashable, Sendable {
    package var messages: UInt32?
    package var uidNext: UID?
    package var uidValidity: UIDValidity?
    package var unseen: UInt32?
    package var highestModificationSequence: ModificationSequence?
    package var size: UInt64?

    package init() {}
}
