/// What one FETCH response says of one message. Everything is optional: servers send what they like, when they like.
package struct FetchData: Equatable, Sendable {
    package var sequence: SequenceNumber
    package var uid: UID?
    package var flags: [Flag]?
    package var internalDate: InternalDate?
    /// Octets; a hint (Exchange and hMailServer are wrong about it).
    package var size: UInt64?
    package var modificationSequence: ModificationSequence?
    package var structure: BodyStructure?
    package var sections: [SectionData] = []
    package var emailID: String?
    package var threadID: String?
    package var gmailMessageID: UInt64?
    package var gmailThreadID: UInt64?
    /// Wire bytes of each label (modified UTF-7 or `\Sent`).
    package var gmailLabels: [MailboxName]?
    /// The response went on after the items here, with something unreadable.
    package var isPartial = false

    package init(sequence: SequenceNumber) { self.sequence = sequence }

    /// The content of a section, whatever its origin; `nil` if the response does not hold it.
    package func content(of section: Section) -> SectionContent? {
        sections.first { $0.section == section }?.content
    }

    /// The content of the first `HEADER.FIELDS` section, whichever names the server echoed.
    package var headerFields: SectionContent? {
        sections.first { if case .headerFields = $0.section.kind { true } else { false } }?.content
    }
}

/// One `BODY[…]<…>` or `BINARY[…]` item.
package struct SectionData: Equatable, Sendable {
    package let section: Section
    /// First octet of a partial fetch; `nil` for a whole section. A shorter content than asked for is its end.
    package let origin: UInt64?
    /// Whether the server has undone the transfer encoding (BINARY, RFC 3516).
    package let isDecoded: Bool
    package let content: SectionContent

    package init(section: Section, origin: UInt64? = nil, isDecoded: Bool = false, content: SectionContent) {
        self.section = section
        self.origin = origin
        self.isDecoded = isDecoded
        self.content = content
    }
}

package enum SectionContent: Equatable, Sendable {
    case bytes([UInt8])
    /// NIL, or the value was left out (Yandex).
    case absent
    /// Above the parser's limit: the announced octets were read and dropped.
    case oversized(announced: UInt64)

    /// The octets, if there are any.
    package var bytes: [UInt8]? {
        switch self {
        case .bytes(let bytes): bytes
        case .absent, .oversized: nil
        }
    }
}

/// Names a piece of a message (RFC 9051 6.4.5.1): `""`, `1.2`, `1.2.MIME`, `HEADER.FIELDS (SUBJECT)`.
package struct Section: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case whole
        case header
        /// Field names in upper case.
        case headerFields([String])
        case headerFieldsNot([String])
        case text
        case mime
    }

    /// Part numbers with dots between, empty for the message itself.
    package let part: String
    package let kind: Kind

    package init(part: String = "", kind: Kind = .whole) {
        self.part = part
        self.kind = kind
    }

    /// `BODY[]`: header and body.
    package static let message = Section()
    package static let header = Section(kind: .header)
    package static let text = Section(kind: .text)
    /// A part as in ``BodyPart/section``.
    package static func part(_ part: String) -> Section { Section(part: part) }
    package static func headerFields(_ names: [String]) -> Section {
        Section(kind: .headerFields(names.map(\.utf8.upperCased)))
    }
}

/// A message's INTERNALDATE: an instant and the zone it was written in.
package struct InternalDate: Hashable, Sendable {
    /// Since 1970-01-01T00:00:00Z.
    package let secondsSince1970: Int64
    /// East of UTC, −1439…1439.
    package let zoneMinutes: Int

    package init(secondsSince1970: Int64, zoneMinutes: Int = 0) {
        self.secondsSince1970 = secondsSince1970
        self.zoneMinutes = zoneMinutes
    }
}
