/// The leaves of a message's MIME tree, as far as the server's BODYSTRUCTURE could be understood.
package struct BodyStructure: Hashable, Sendable {
    /// In the order of the message.
    package var parts: [BodyPart]
    /// Something was skipped or guessed: a part may be missing, so fall back to fetching the message itself.
    package var isPartial: Bool

    package init(parts: [BodyPart] = [], isPartial: Bool = false) {
        self.parts = parts
        self.isPartial = isPartial
    }
}

/// One leaf. Type, subtype and encoding are in lower case, empty where the server gave none.
package struct BodyPart: Hashable, Sendable {
    /// For `BODY.PEEK[…]`: "1", "1.2"; a message that is one part has "1".
    package var section: String
    package var type: String
    package var subtype: String
    package var charset: String?
    /// The `name` parameter, or the disposition's `filename`; as written, encoded words and all.
    package var name: String?
    package var encoding: String
    /// Encoded size; `nil` if the server gave none that can be read.
    package var octets: UInt64?
    /// "inline", "attachment", … in lower case.
    package var disposition: String?
    /// How many message/rfc822 parts enclose it: 0 for the message's own parts.
    package var enclosingMessages: Int

    package init(
        section: String, type: String, subtype: String, charset: String? = nil, name: String? = nil,
        encoding: String = "", octets: UInt64? = nil, disposition: String? = nil, enclosingMessages: Int = 0
    ) {
        self.section = section
        self.type = type
        self.subtype = subtype
        self.charset = charset
        self.name = name
        self.encoding = encoding
        self.octets = octets
        self.disposition = disposition
        self.enclosingMessages = enclosingMessages
    }
}
