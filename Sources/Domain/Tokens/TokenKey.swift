/// What hits and messages are joined by: for tokens of our shape the stream and the message, so that the tokens of all
/// recipients and the sender's own copy meet; likewise for names of messages; for foreign tokens the token as it is.
package enum TokenKey {
    package static func of(_ text: String) -> String {
        guard let token = Token(text) else { return MessageName(text)?.key ?? text }
        return "smk:\(token.stream):" + String(token.message, radix: 16)
    }
}
