/// A command to the server, without its tag. Bodies are always fetched with PEEK: nothing here can set `\Seen`.
package enum Command: Equatable, Sendable {
    case capability
    case noop
    case logout
    /// `nil` sends `ID NIL`; an empty list is refused by Exchange and is sent as NIL too.
    case id([IDField]?)
    case enable([Capability])
    /// `pattern` with `*` and `%` in wire form.
    case list(reference: MailboxName, pattern: MailboxName, returnSpecialUse: Bool)
    case status(MailboxName, [StatusItem])
    case select(MailboxName, SelectParameter?)
    case examine(MailboxName, SelectParameter?)
    /// `vanished` needs QRESYNC enabled and `changedSince`.
    case uidFetch(UIDSet, [FetchItem], changedSince: ModificationSequence? = nil, vanished: Bool = false)
    /// Nothing in `returning` is a plain SEARCH, understood everywhere.
    case uidSearch(SearchKey, returning: [SearchReturn] = [])
    case uidStore(
        UIDSet, StoreAction, [Flag], silent: Bool = true, unchangedSince: ModificationSequence? = nil)
    /// Gmail's labels (X-GM-EXT-1). Without `.SILENT`, which its description does not name.
    case uidStoreLabels(UIDSet, StoreAction, [MailboxName])
    case uidCopy(UIDSet, MailboxName)
    /// RFC 6851.
    case uidMove(UIDSet, MailboxName)
    /// RFC 4315: of these, those that are `\Deleted`. There is no plain EXPUNGE here: it takes others along.
    case uidExpunge(UIDSet)
    case idle
    /// RFC 5465: of the selected mailbox, flag changes, messages that go, and these items of those that come.
    case notify(newMessages: [FetchItem])
    /// RFC 4978; see ``Session/Action/compress(received:)``.
    case compress
    case append(MailboxName, [Flag], InternalDate?, message: [UInt8])
    case create(MailboxName)
    case subscribe(MailboxName)
}

package enum SelectParameter: Equatable, Sendable {
    case condstore
    /// RFC 7162 3.2.5; needs QRESYNC enabled.
    case qresync(UIDValidity, ModificationSequence, known: UIDSet?)
}

package enum StatusItem: String, Hashable, Sendable {
    case messages = "MESSAGES"
    case uidNext = "UIDNEXT"
    case uidValidity = "UIDVALIDITY"
    case unseen = "UNSEEN"
    /// Only with CONDSTORE; other servers refuse the whole command.
    case highestModificationSequence = "HIGHESTMODSEQ"
}

package enum FetchItem: Hashable, Sendable {
    case uid
    case flags
    case internalDate
    case size
    case modificationSequence
    case bodyStructure
    /// `range` in octets of the section; the upper bound is exclusive.
    case body(Section, range: Range<UInt32>? = nil)
    case emailID
    case threadID
    case gmailMessageID
    case gmailThreadID
    case gmailLabels
}

package enum StoreAction: Hashable, Sendable {
    case add
    case remove
    case replace
}

package indirect enum SearchKey: Hashable, Sendable {
    case all
    case uid(UIDSet)
    case keyword(Flag)
    case unkeyword(Flag)
    /// INTERNALDATE on or after the day.
    case since(CalendarDay)
    case before(CalendarDay)
    /// The field holds the text; an empty text finds the field itself.
    case header(String, String)
    case body(String)
    /// At least this (RFC 7162 3.1.5).
    case modificationSequence(ModificationSequence)
    case not(SearchKey)
    case or(SearchKey, SearchKey)
    /// All of them; at least one.
    case and([SearchKey])
}

package enum SearchReturn: Hashable, Sendable {
    case all
    case count
    case minimum
    case maximum
    /// RFC 9394: `1…500` counts from the oldest, `-1…-500` from the newest.
    case partial(first: Int32, last: Int32)
}

package struct CalendarDay: Hashable, Sendable {
    package let year: Int
    package let month: Int
    package let day: Int

    package init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }
}

/// Why a command cannot be sent.
package enum CommandError: Error, Equatable, Sendable {
    case emptySet
    case emptyList
    case malformedFlag(String)
    case malformedName(String)
    case malformedSection(String)
    case malformedDate
    /// NUL cannot be sent (RFC 9051, CHAR8).
    case containsNUL
    /// Without its literals the command has more bytes than a server must take; see ``Command/split(maxLineLength:)``.
    case lineTooLong(Int)
    /// The session has ended.
    case closed
}
