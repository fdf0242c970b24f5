/// A parameter of MAIL or RCPT (RFC 5321 4.1.2 `esmtp-param`, with the characters of RFC 6531). It holds no blank, no
/// control character and no line end.
package struct Parameter: Sendable, Equatable {
    /// In upper case.
    package let keyword: String
    package let value: String?

    /// `nil` if it is not of the grammar.
    package init?(_ keyword: String, _ value: String? = nil) {
        let isKeyword = keyword.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") }
        guard isKeyword, let first = keyword.utf8.first, first != UInt8(ascii: "-") else { return nil }
        if let value {
            guard !value.isEmpty, !value.unicodeScalars.contains(where: { $0.isControl || $0 == " " || $0 == "=" })
            else {
                return nil
            }
        }
        self.init(checked: keyword.utf8.upperCased, value)
    }

    private init(checked keyword: String, _ value: String?) {
        self.keyword = keyword
        self.value = value
    }

    /// RFC 1870 6.1.
    /// - Parameter count: octets of the message.
    package static func size(_ count: Int) -> Parameter { Parameter(checked: "SIZE", "\(max(0, count))") }

    /// The value in upper case, for those whose case does not matter.
    var folded: Parameter { Parameter(checked: keyword, value?.utf8.upperCased) }

    var text: String { value.map { "\(keyword)=\($0)" } ?? keyword }
}
