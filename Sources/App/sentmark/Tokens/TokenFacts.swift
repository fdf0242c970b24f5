import Tokens

/// What a token says about itself, and whether it can be believed.
struct TokenFacts: Equatable, Sendable, Encodable {
    let token: String
    let stream: UInt32
    let epoch: UInt8
    /// 64 random bits that all recipients' tokens of one message share, in hexadecimal.
    let message: String
    let recipient: UInt8
    let level: String
    /// `source`, `server`, `damaged` or `unknown`.
    let origin: String
    /// The configured source, where there is one.
    let source: String?

    init(_ token: Token, _ origin: TokenOrigin) {
        self.token = token.text
        stream = token.stream.rawValue
        epoch = token.epoch
        let hex = String(token.message, radix: 16)
        message = String(repeating: "0", count: 16 - hex.count) + hex
        recipient = token.recipient
        level = "\(token.level)"
        switch origin {
        case .source(let name): (self.origin, source) = ("source", name)
        case .server: (self.origin, source) = ("server", nil)
        case .damaged(let name): (self.origin, source) = ("damaged", name)
        case .unknown: (self.origin, source) = ("unknown", nil)
        }
    }

    /// Several lines, each with its line end.
    var text: String {
        let fields = [
            ("token", token), ("stream", String(stream)), ("key epoch", String(epoch)), ("message", message),
            ("recipient", recipientText), ("privacy", level), ("signed by", signer),
        ]
        return fields.map { name, value in
            name + String(repeating: " ", count: 11 - name.count) + TerminalText.clean(value) + "\n"
        }.joined()
    }

    /// One line: for lists.
    var summary: String { "stream \(stream), recipient \(recipientText), \(level); \(signer)" }

    private var recipientText: String {
        switch recipient {
        case Token.wholeMessage: "0 (the message as a whole)"
        case Token.sendersCopy: "255 (the sender's own copy)"
        default: String(recipient)
        }
    }

    private var signer: String {
        switch (origin, source) {
        case ("source", let name?): "source \(name)"
        case ("server", _): "the pixel server of this machine, for a stream that no source here reads"
        case ("damaged", let name?): "not by the key of its stream, which is source \(name)'s: it is damaged or forged"
        default: "nobody who is configured here"
        }
    }
}
