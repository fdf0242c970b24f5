import FoundationEssentials
import MIME

/// A draft from the outbox folder, made fit to be sent. What time and chance add to it are arguments.
package struct OutboxMail: Sendable, Equatable {
    /// What goes out, before a token is put in: as the user wrote it, without Bcc and what drafts are marked with.
    package let sent: [UInt8]
    /// The same with Bcc, as mail programs keep it in Sent.
    package let filed: [UInt8]
    package let sender: EnvelopeAddress
    /// Of To, Cc and Bcc, each once.
    package let recipients: [EnvelopeAddress]
    /// Without angle brackets.
    package let messageID: String
    /// The body or header holds octets above 127 (RFC 6152).
    package let isEightBit: Bool
    /// The header or an address of the envelope does (RFC 6531).
    package let isUTF8: Bool

    /// Providers take some hundreds; a message to more is no letter.
    static let recipientLimit = 500

    /// - Parameters:
    ///   - own: addresses that the account sends from.
    ///   - date: for `Date`, if the draft has none.
    ///   - messageID: for `Message-ID`, if the draft has none, as ``newMessageID(for:random:)`` makes it.
    package init(
        draft: [UInt8], own: [EnvelopeAddress], date: Date, messageID reserve: String
    ) throws(OutboxRefusal) {
        let draft = Self.withPairs(draft)
        if draft.contains(0) { throw .nul }
        let header = HeaderFields(parsing: draft)
        guard header.isWellFormed, !header.isTruncated else { throw .malformedHeader }
        for name in ["from", "message-id", "date", "subject"] where header.ranges(name).count > 1 {
            throw .malformedHeader
        }
        if !header.ranges("received").isEmpty { throw .received }
        if !header.ranges(beginning: "resent-").isEmpty { throw .resent }
        sender = try Self.sender(header, own)
        recipients = try Self.recipients(header)

        var added = ""
        if header.date == nil { added += "Date: \(DateTime.text(date))\r\n" }
        if header.messageID == nil { added += "Message-ID: <\(reserve)>\r\n" }
        messageID = header.messageID ?? reserve
        var edits = added.isEmpty ? [] : [MessageEdit(offset: 0, removed: 0, inserted: Array(added.utf8))]
        var gone = DraftField.ranges(in: header)
        if header.date == nil { gone += header.ranges("date") }
        if header.messageID == nil { gone += header.ranges("message-id") }
        edits += gone.map { MessageEdit(offset: $0.lowerBound, removed: $0.count, inserted: []) }
        filed = MessageEdit.apply(edits, to: draft)
        edits += header.ranges("bcc").map { MessageEdit(offset: $0.lowerBound, removed: $0.count, inserted: []) }
        sent = MessageEdit.apply(edits, to: draft)

        isEightBit = sent.contains { $0 > 127 }
        let end = HeaderFields(parsing: sent).bodyStart
        isUTF8 = sent[..<end].contains { $0 > 127 } || ([sender] + recipients).contains { !$0.isASCII }
    }

    /// - Parameter random: 128 bits in hexadecimal.
    package static func newMessageID(for draft: [UInt8], random: String) -> String {
        let from = HeaderFields(parsing: draft).addresses("from").first.flatMap { EnvelopeAddress($0.address) }
        return "\(random)@\(from?.domain ?? "localhost")"
    }

    private static func sender(
        _ header: HeaderFields, _ own: [EnvelopeAddress]
    ) throws(OutboxRefusal) -> EnvelopeAddress {
        let authors = header.addresses("from")
        guard let author = authors.first else { throw .noSender }
        guard authors.count == 1 else { throw .severalSenders }
        guard let address = EnvelopeAddress(author.address) else { throw .foreignSender(author.address) }
        guard own.contains(where: address.belongs) else {
            throw .foreignSender(author.address)
        }
        return address
    }

    private static func recipients(_ header: HeaderFields) throws(OutboxRefusal) -> [EnvelopeAddress] {
        var all: [EnvelopeAddress] = []
        var known: Set<EnvelopeAddress> = []
        for field in ["to", "cc", "bcc"] {
            for mailbox in header.addresses(field) {
                guard let address = EnvelopeAddress(mailbox.address) else { throw .badRecipient(mailbox.address) }
                if known.insert(address).inserted { all.append(address) }
                guard all.count <= recipientLimit else { throw .tooManyRecipients }
            }
        }
        if all.isEmpty { throw .noRecipient }
        return all
    }

    /// All line ends as CRLF.
    private static func withPairs(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.withUnsafeBufferPointer({ LineEnds(of: $0) }) != .crlf || bytes.last == 0x0d else { return bytes }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + bytes.count / 40)
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case 0x0d:
                out += [0x0d, 0x0a]
                if index + 1 < bytes.count, bytes[index + 1] == 0x0a { index += 1 }
            case 0x0a: out += [0x0d, 0x0a]
            default: out.append(bytes[index])
            }
            index += 1
        }
        return out
    }
}

/// Header fields that mail programs and servers put into drafts for themselves.
enum DraftField {
    private static let names = [
        "fcc", "x-fcc", "x-identity-key", "x-account-key", "x-draft-info", "x-k9mail-identity",
        "x-uniform-type-identifier",
        "x-universally-unique-identifier", "return-path", "status", "x-status", "x-uid", "x-keywords",
    ]
    private static let beginnings = ["x-mozilla-", "x-kmail-", "x-evolution-", "x-claws-", "x-apple-"]

    static func ranges(in header: HeaderFields) -> [Range<Int>] {
        names.flatMap { header.ranges($0) } + beginnings.flatMap { header.ranges(beginning: $0) }
    }
}

extension EnvelopeAddress {
    fileprivate var isASCII: Bool { text.utf8.allSatisfy { $0 < 128 } }
}
