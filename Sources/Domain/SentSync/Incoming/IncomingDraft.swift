import Beacon
import FoundationEssentials
import IMAP
import MIME
import Tokens

/// An incoming message of which it is being found out what it says of a tracked one.
struct IncomingDraft: Sendable {
    let uid: UID
    private let kind: IncomingMail.Kind
    private let arrivedAt: Date
    private let isSeen: Bool
    private let sender: String?
    private var names: [String]
    private var failed: Set<String>
    private var findings: [Finding] = []
    /// As BODYSTRUCTURE tells.
    var parts: [BodyPart] = []

    /// `nil` for a message that concerns nothing that is tracked, as far as its header tells.
    init?(uid: UID, _ header: HeaderFields, _ data: FetchData, tracked: Set<String>) {
        let type = header.contentType
        let failed = header.addresses("x-failed-recipients").map { $0.address.lowercased() }
        names = header.repliesTo.filter(tracked.contains)
        if type.isDeliveryReport || !failed.isEmpty {
            // Whose it is may be told by what is attached alone.
            kind = .report
        } else if let own = header.messageID, tracked.contains(own) {
            kind = .copy
            names = [own]
        } else if names.isEmpty {
            return nil
        } else {
            kind = Self.isAutomatic(header) ? .automatic : .reply
        }
        self.uid = uid
        self.failed = Set(failed.prefix(Details.recipientLimit))
        isSeen = data.flags?.contains(.seen) ?? false
        guard let date = data.internalDate else { return nil }
        arrivedAt = Date(timeIntervalSince1970: Double(date.secondsSince1970))
        sender = header.addresses("from").first?.address.lowercased()
    }

    /// RFC 3834 5: everything but `no`.
    private static func isAutomatic(_ header: HeaderFields) -> Bool {
        guard let value = header.value("auto-submitted") else { return false }
        let word = String(decoding: value.filter { $0 > 0x20 }.prefix(40), as: UTF8.self).lowercased()
        return !word.isEmpty && !word.hasPrefix("no")
    }

    /// What is to be read of it: HTML, which may quote a pixel; of a report also what it says, and what the mail was called.
    var sections: [Section] {
        var sections = parts.filter(isRead).prefix(IncomingLimits.parts).map { Section.part($0.section) }
        if kind == .report, names.isEmpty, let attached = parts.first(where: { $0.enclosingMessages == 1 }) {
            // The attached message is one of the report's own parts (RFC 6522 3).
            let number = attached.section.prefix { $0 != "." }
            sections.append(Section(part: String(number), kind: .headerFields(["MESSAGE-ID"])))
        }
        return sections
    }

    private func isRead(_ part: BodyPart) -> Bool {
        if part.type == "text", part.subtype == "html" {
            // What is attached to a reply is no quotation; what is attached to a report may be shown below it.
            return part.enclosingMessages == 0 ? part.disposition != "attachment" : kind == .report
        }
        guard kind == .report, part.enclosingMessages == 0 else { return false }
        return part.isStatus || part.isHeader
    }

    mutating func read(_ section: Section, _ bytes: [UInt8], _ scanner: BeaconScanner) {
        guard section.kind == .whole else {
            names += [HeaderFields(parsing: bytes).messageID].compactMap { $0 }
            return
        }
        guard let part = parts.first(where: { $0.section == section.part }) else { return }
        let encoding = TransferEncoding(part.encoding)
        if part.subtype == "html" {
            findings += scanner.findings(inPart: bytes, encoding: encoding, charset: part.charset)
            return
        }
        var decoder = TransferDecoder(encoding)
        var text: [UInt8] = []
        decoder.decode(bytes.prefix(DeliveryStatus.limit * 2), into: &text)
        decoder.finish(into: &text)
        if part.isStatus {
            failed.formUnion(DeliveryStatus.failures(in: text))
        } else {
            names += [HeaderFields(parsing: text).messageID].compactMap { $0 }
        }
    }

    /// `nil` if nothing says which tracked message it is about.
    func mail(isOurs: (Token) -> Bool) -> IncomingMail? {
        var tokens: [String] = []
        for finding in findings {
            let text: String
            switch finding.kind {
            case .own(let token): text = isOurs(token) ? token.text : ""
            case .foreign(let token): text = token
            }
            if !text.isEmpty, !tokens.contains(text) { tokens.append(text) }
        }
        guard !tokens.isEmpty || !names.isEmpty else { return nil }
        return IncomingMail(
            uid: uid, kind: kind, arrivedAt: arrivedAt, isSeen: isSeen, names: names, sender: sender, tokens: tokens,
            failed: failed)
    }
}

extension ContentType {
    /// RFC 6522; a receipt (`disposition-notification`) is none.
    fileprivate var isDeliveryReport: Bool {
        let kind = parameters["report-type"]?.lowercased() ?? "delivery-status"
        return type == "multipart" && subtype == "report" && kind == "delivery-status"
    }
}

extension BodyPart {
    /// RFC 3464, and RFC 6533 for addresses beyond ASCII.
    fileprivate var isStatus: Bool {
        type == "message" && (subtype == "delivery-status" || subtype == "global-delivery-status")
    }

    /// The header of the message that could not be delivered, without its text (RFC 6522 4).
    fileprivate var isHeader: Bool {
        type == "text" && subtype == "rfc822-headers" || type == "message" && subtype == "global-headers"
    }
}
