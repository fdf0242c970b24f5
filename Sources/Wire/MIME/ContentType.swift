/// `Content-Type` (RFC 2045 5.1). Type and subtype are in lower case.
package struct ContentType: Sendable, Equatable {
    package let type: String
    package let subtype: String
    package private(set) var parameters: FieldParameters

    package static let plainText = ContentType(type: "text", subtype: "plain", parameters: FieldParameters())

    /// `nil` without a type. A missing semicolon, blanks around the slash and damaged parameters are tolerated.
    package init?(_ value: [UInt8]) {
        var cursor = HeaderCursor(value)
        self.init(kind: &cursor)
        parameters = FieldParameters(reading: &cursor)
    }

    /// As above, of a value of which the parameters do not matter: they are left out.
    init?(kindOf value: [UInt8]) {
        var cursor = HeaderCursor(value)
        self.init(kind: &cursor)
    }

    private init?(kind cursor: inout HeaderCursor) {
        let isEnd = { (byte: UInt8) in byte.isBlankOrLineEnd || byte == UInt8(ascii: "/") || byte == UInt8(ascii: ";") }
        guard let type = cursor.word(until: isEnd), !type.isEmpty else { return nil }
        cursor.skipBlanksAndComments()
        var subtype: ArraySlice<UInt8> = []
        if cursor.skip("/") { subtype = cursor.word(until: isEnd) ?? [] }
        self.init(type: type.lowercasedText, subtype: subtype.lowercasedText, parameters: FieldParameters())
    }

    private init(type: String, subtype: String, parameters: FieldParameters) {
        self.type = type
        self.subtype = subtype
        self.parameters = parameters
    }

    package var isHTML: Bool { type == "text" && subtype == "html" }
    package var isMultipart: Bool { type == "multipart" }
    /// Whether a message of this type can have an HTML part of its own; an attached message is another message.
    package var mayHoldHTML: Bool { isHTML || isMultipart }
    /// As written; see ``Charset/init(label:)``.
    package var charset: String? { parameters["charset"] }
    /// RFC 2046 5.1.1 allows 70 characters; `nil` if it is missing, empty or far longer.
    package var boundary: [UInt8]? {
        guard let boundary = parameters.bytes("boundary"), (1...256).contains(boundary.count) else { return nil }
        return boundary
    }
}

/// `Content-Disposition` (RFC 2183). The kind is in lower case.
package struct ContentDisposition: Sendable, Equatable {
    package let kind: String
    package let parameters: FieldParameters

    /// `nil` if it is empty.
    package init?(_ value: [UInt8]) {
        var cursor = HeaderCursor(value)
        guard let kind = cursor.word(until: { $0.isBlankOrLineEnd || $0 == UInt8(ascii: ";") }), !kind.isEmpty else {
            return nil
        }
        self.kind = kind.lowercasedText
        parameters = FieldParameters(reading: &cursor)
    }

    package var isAttachment: Bool { kind == "attachment" }
    package var filename: String? { parameters["filename"] }
}
