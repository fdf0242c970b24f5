import Beacon
import MIME
import Tokens

/// The pixels in a message file, in the order of the message.
enum MessageTokens {
    struct Item: Equatable, Sendable, Encodable {
        /// As IMAP numbers the parts of a message.
        let part: String
        let kind: String
        let quoted: Bool
        let token: String
        /// Of tokens of our own form.
        let facts: TokenFacts?
    }

    static func find(in message: [UInt8], patterns: [TokenPattern], keys: StreamKeys) -> [Item] {
        let scanner = BeaconScanner(patterns: patterns)
        return MessageParser.leaves(of: message).filter { $0.contentType.isHTML && !$0.isAttachment }.flatMap { part in
            scanner.findings(inPart: message[part.body], encoding: part.encoding, charset: part.charset).map {
                finding in
                switch finding.kind {
                case .own(let token):
                    Item(
                        part: part.section, kind: "own", quoted: finding.quoted, token: token.text,
                        facts: TokenFacts(token, keys.origin(of: token)))
                case .foreign(let text):
                    Item(part: part.section, kind: "foreign", quoted: finding.quoted, token: text, facts: nil)
                }
            }
        }
    }

    static func text(_ items: [Item]) -> String {
        guard !items.isEmpty else { return "No tracking pixel that is known here.\n" }
        return items.map { item in
            let quoted = item.quoted ? ", in quoted text: it counts for the message that is quoted" : ""
            let what = item.facts?.summary ?? "of another tracker"
            return TerminalText.clean("part \(item.part)  \(item.token)  \(what)\(quoted)") + "\n"
        }.joined()
    }
}
