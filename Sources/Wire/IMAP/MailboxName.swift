/// A mailbox's name as the bytes the server uses. It is sent back unchanged, whatever it holds, and is never a path.
package struct MailboxName: Sendable, CustomStringConvertible {
    package let wire: [UInt8]

    package init(wire: [UInt8]) { self.wire = wire }
    /// Encodes to modified UTF-7 (RFC 3501 5.1.3).
    package init(_ display: String) { wire = ModifiedUTF7.encode(display) }

    package static let inbox = MailboxName("INBOX")

    /// For people. Sequences that are not modified UTF-7 are shown as they are (Yandex encodes `&` wrongly).
    package var display: String { ModifiedUTF7.decode(wire) }
    package var description: String { display }

    private var isInbox: Bool { wire.equalsIgnoringCase("INBOX") }
}

/// Byte for byte, but INBOX in any case is one mailbox (RFC 9051 5.1).
extension MailboxName: Hashable {
    package static func == (left: MailboxName, right: MailboxName) -> Bool {
        left.wire == right.wire || left.isInbox && right.isInbox
    }

    package func hash(into hasher: inout Hasher) {
        if isInbox { hasher.combine("INBOX") } else { hasher.combine(wire) }
    }
}

/// A mailbox attribute such as `\Sent`, in lower case (Cyrus writes `\sent`).
package struct MailboxAttribute: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    package init(_ name: String) { rawValue = name.utf8.lowerCased }

    package var description: String { rawValue }

    package static let sent = MailboxAttribute("\\Sent")
    package static let all = MailboxAttribute("\\All")
    package static let archive = MailboxAttribute("\\Archive")
    package static let drafts = MailboxAttribute("\\Drafts")
    package static let trash = MailboxAttribute("\\Trash")
    package static let junk = MailboxAttribute("\\Junk")
    package static let noSelect = MailboxAttribute("\\Noselect")
    package static let nonExistent = MailboxAttribute("\\NonExistent")
}

/// One line of a LIST, XLIST or LSUB answer.
package struct ListEntry: Hashable, Sendable {
    package let name: MailboxName
    package let attributes: Set<MailboxAttribute>
    /// Between levels of the hierarchy; `nil` where there are none.
    package let delimiter: UInt8?

    package init(name: MailboxName, attributes: Set<MailboxAttribute>, delimiter: UInt8?) {
        self.name = name
        self.attributes = attributes
        self.delimiter = delimiter
    }

    package var isSelectable: Bool { attributes.isDisjoint(with: [.noSelect, .nonExistent]) }
}
