import FoundationEssentials
import Opens
import Secrets
import Tokens

/// The keys that all messages of the tests are made with.
package enum Keys {
    package static let credential = ServerSecret(Secret((0..<32).map { UInt8($0) })).flatMap { secret in
        StreamID(7).flatMap { secret.credential(for: $0, epoch: 0) }
    }

    package static func token(_ number: UInt64) -> Token? {
        credential.flatMap {
            Token.mint(stream: $0.stream, epoch: $0.epoch, key: $0.streamKey, message: number, level: .pseudonymous)
        }
    }

    package static func isOurs(_ token: Token) -> Bool {
        credential.map { token.isGenuine(under: $0.streamKey) } ?? false
    }
}

extension MailboxModel {
    package static func pixel(_ token: Token) -> String {
        PixelURL.element(for: token, base: "https://px.example.org")
    }

    /// `html` stands in the HTML part, `quoting` in its quotation. A Message-ID of its own unless one is given.
    package static func letter(
        _ number: Int, messageID: String? = nil, html: String, quoting: String? = nil
    ) -> String {
        let quote = quoting.map { "<blockquote type=\"cite\">\($0)</blockquote>" } ?? ""
        return """
            From: Alice <alice@example.net>
            To: Bob <bob@example.org>
            Subject: Offer \(number)
            Message-ID: <\(messageID ?? "m\(number)@example.net")>
            Date: Mon, 21 Sep 2026 14:13:20 +0000
            MIME-Version: 1.0
            Content-Type: multipart/alternative; boundary="b"

            --b
            Content-Type: text/plain; charset=utf-8

            Hello
            --b
            Content-Type: text/html; charset=utf-8

            <html><body><p>Hello</p>\(html)\(quote)</body></html>
            --b--

            """
    }
}

extension Hit {
    /// Thunderbird at home, an hour after sending.
    package static func person(_ seq: Int64, _ token: Token, after seconds: Double = 3600) -> Hit {
        person(seq, token.text, after: seconds)
    }

    package static func person(_ seq: Int64, _ token: String, after seconds: Double) -> Hit {
        let client = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0"
        return Hit(
            seq: seq, at: Date(timeIntervalSince1970: 1_790_000_000 + seconds), token: token, net: "n\(seq)",
            ua: client, family: ClientFamily(userAgent: client))
    }

    /// A mail gateway's scanner, ten seconds after sending.
    package static func scanner(_ seq: Int64, _ token: Token) -> Hit { scanner(seq, token.text, after: 10) }

    package static func scanner(_ seq: Int64, _ token: String, after seconds: Double) -> Hit {
        Hit(
            seq: seq, at: Date(timeIntervalSince1970: 1_790_000_000 + seconds), token: token, method: "HEAD",
            net: "s\(seq)", netclass: NetworkClass(rawValue: "microsoft-eop"), ua: "Mozilla/5.0")
    }
}
