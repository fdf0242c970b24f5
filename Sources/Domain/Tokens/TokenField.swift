/// The header field by which a copy of a message names its tokens: `X-Sentmark-Token: TOKEN, TOKEN`.
///
/// It is for the copy in Sent, whose HTML then needs no pixel, and never for the mail that goes out.
package enum TokenField {
    package static let name = "X-Sentmark-Token"
    /// Of one field, at most.
    static let limit = 256

    /// Whatever has a token's shape; whether it is genuine is another question.
    package static func tokens(in value: [UInt8]) -> [Token] {
        value.split { !($0 >= 0x30 && $0 <= 0x39 || $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a) }.prefix(limit)
            .compactMap { Token(text: $0) }
    }
}
