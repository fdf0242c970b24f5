import MIME

/// Holds a message to the list of kinds that are never changed, and to what all readers agree about.
enum NeverTouched {
    static func check(_ structure: MessageStructure, isComplete: Bool) throws(Untouched) {
        guard let message = structure.entities.first else { throw .malformedStructure }
        if message.fields.isTruncated { throw .malformedHeader }
        for entity in structure.entities { if let kind = kind(of: entity) { throw kind } }
        if isSealed(message.fields) { throw .dkim }
        if structure.isTruncated { throw .tooManyParts }
        if structure.hasDoubtfulDelimiter { throw .malformedStructure }
        for (index, entity) in structure.entities.enumerated() {
            // A message that is cut off may be so in its last header.
            let isCut = !isComplete && index == structure.entities.count - 1
            if !isCut { try checkHeader(entity) }
            if entity.contentType.isMultipart, !entity.isMultipart || isComplete && !entity.isClosed {
                throw .malformedStructure
            }
        }
    }

    /// Whether a signature covers header fields: none may be changed, removed or added.
    static func isSealed(_ fields: HeaderFields) -> Bool {
        !fields.ranges("dkim-signature").isEmpty || !fields.ranges("domainkey-signature").isEmpty
            || !fields.ranges(beginning: "arc-").isEmpty
    }

    private static func kind(of entity: MessageEntity) -> Untouched? {
        let type = entity.contentType
        if !entity.fields.ranges("content-md5").isEmpty { return .checksum }
        switch (type.type, type.subtype) {
        case ("multipart", "signed"): return .signed
        case ("multipart", "encrypted"): return .encrypted
        case ("multipart", "report"): return .report
        case ("message", let subtype): return message(subtype)
        case ("text", "calendar"): return .calendar
        case ("text", "x-amp-html"): return .amp
        case ("text", "rfc822-headers"): return .report
        case ("application", let subtype): return application(subtype, type) ?? name(of: entity)
        default: return nil
        }
    }

    private static func message(_ subtype: String) -> Untouched {
        switch subtype {
        case "partial", "external-body": .fragment
        case "rfc822", "global", "news": .attachedMessage
        case "delivery-status", "disposition-notification", "feedback-report", "tracking-status",
            "global-delivery-status", "global-disposition-notification", "global-headers":
            .report
        default: .attachedMessage
        }
    }

    private static func application(_ subtype: String, _ type: ContentType) -> Untouched? {
        switch subtype {
        case "pkcs7-signature", "x-pkcs7-signature", "pgp-signature": .signed
        case "pkcs7-mime", "x-pkcs7-mime":
            type.parameters["smime-type"]?.hasPrefix("signed") == true ? .signed : .encrypted
        case "pgp-encrypted", "pgp": .encrypted
        case "ics": .calendar
        case "ms-tnef", "vnd.ms-tnef": .winmail
        default: nil
        }
    }

    /// Gateways and some clients give such parts no better type than `application/octet-stream`.
    private static func name(of entity: MessageEntity) -> Untouched? {
        let names = [entity.fields.contentDisposition?.filename, entity.contentType.parameters["name"]]
        for name in names.compactMap({ $0?.lowercased() }) {
            if name.hasSuffix(".p7m") { return .encrypted }
            if name.hasSuffix(".p7s") { return .signed }
            if name.hasSuffix(".ics") { return .calendar }
            if name == "winmail.dat" { return .winmail }
        }
        return nil
    }

    private static func checkHeader(_ entity: MessageEntity) throws(Untouched) {
        let fields = entity.fields
        guard fields.isWellFormed, !fields.isTruncated else { throw .malformedHeader }
        for name in ["content-type", "content-transfer-encoding", "content-disposition"]
        where fields.ranges(name).count > 1 {
            throw .malformedHeader
        }
        let isText = entity.contentType.type == "text"
        if let value = fields.value("content-type") {
            let isStrict =
                isText || entity.contentType.isMultipart
                ? StrictField.isContentType(value) : StrictField.beginsWithType(value)
            guard isStrict else { throw .malformedHeader }
        }
        if isText, let value = fields.value("content-disposition"), !StrictField.isWordWithParameters(value) {
            throw .malformedHeader
        }
        if entity.contentType.isMultipart {
            guard entity.contentType.parameters.arePlain, Encodings.isIdentity(fields) else {
                throw .malformedHeader
            }
        }
    }
}

/// The transfer encodings that are written as all readers read them.
enum Encodings {
    static func isIdentity(_ fields: HeaderFields) -> Bool { named(fields).map { $0 == .identity } ?? false }

    /// `nil` if the field's value is anything but a name that is known.
    static func named(_ fields: HeaderFields) -> TransferEncoding? {
        guard let value = fields.value("content-transfer-encoding") else { return .identity }
        return switch String(decoding: value, as: UTF8.self).lowercased() {
        case "7bit", "8bit", "binary": .identity
        case "quoted-printable": .quotedPrintable
        case "base64": .base64
        default: nil
        }
    }
}
