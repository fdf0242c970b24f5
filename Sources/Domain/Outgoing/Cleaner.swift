import Beacon
import MIME
import Tokens

/// What takes a message's own pictures out of a copy that was filed as it was sent.
package struct Cleaning: Sendable, Equatable {
    package let edits: [MessageEdit]
    /// Those that the pictures are of, each once.
    package let tokens: [Token]

    /// The clean copy, with a header field for each token, by which it stays known for the message that is tracked.
    package func copy(of message: [UInt8], lineEnd: String = "\r\n") -> [UInt8] {
        let fields = tokens.map { "\(TokenField.name): \($0.text)\(lineEnd)" }.joined()
        return Array(fields.utf8) + MessageEdit.apply(edits, to: message)
    }
}

/// Finds a message's own pictures in its text, by the same strict reading by which ``Injector`` puts them in.
///
/// Own tokens in quoted text are other messages', and stay.
package struct Cleaner: Sendable {
    private let isOwn: TokenPredicate
    private let scanner = BeaconScanner()

    package init(isOwn: @escaping TokenPredicate) { self.isOwn = isOwn }

    /// `nil` where there is no own picture in its text. Throws where the message must not be changed, where readers may
    /// differ about what it is, and where one would be left.
    package func cleaning(of message: [UInt8]) throws(Untouched) -> Cleaning? {
        let draft = try Draft(message)
        guard case .html(let index)? = try BodyChoice.choose(in: draft.structure) else { throw .textOnly }
        let leaf = try draft.leaf(index)
        let markup = try Markup.bytes(of: leaf, charset: draft.structure.entities[index].contentType.charset)
        if InlinePGP.isIn(message) || InlinePGP.isIn(markup) { throw .inlinePGP }
        let tokens = ownTokens(scanner.findings(inHTML: markup))
        guard !tokens.isEmpty else { return nil }
        let pictures = pictures(of: Set(tokens), in: markup)
        let edits = pictures.map { picture in
            pictures.count == 1
                ? leaf.withdrawing(picture, in: message, lineEnd: draft.lineEnd)
                : leaf.removing(picture, in: message, lineEnd: draft.lineEnd)
        }
        guard !edits.isEmpty, isClean(MessageEdit.apply(edits, to: message)) else { throw .noPlace }
        return Cleaning(edits: edits, tokens: tokens)
    }

    private func ownTokens(_ findings: [Finding]) -> [Token] {
        var found: [Token] = []
        for finding in findings where !finding.quoted {
            if case .own(let token) = finding.kind, isOwn(token), !found.contains(token) { found.append(token) }
        }
        return found
    }

    /// Each with the comment that was put before it.
    private func pictures(of tokens: Set<Token>, in markup: [UInt8]) -> [Range<Int>] {
        markup.withUnsafeBufferPointer { HTMLPlace.images(in: $0, from: 0) }
            .filter { image in
                scanner.findings(inHTML: markup[image]).contains {
                    if case .own(let token) = $0.kind { tokens.contains(token) } else { false }
                }
            }
            .map { PictureContent.start(ofPaddingBefore: $0.lowerBound, in: markup)..<$0.upperBound }
    }

    private func isClean(_ message: [UInt8]) -> Bool {
        MessageParser.leaves(of: message).filter { $0.contentType.isHTML && !$0.isAttachment }
            .allSatisfy { leaf in
                ownTokens(
                    scanner.findings(inPart: message[leaf.body], encoding: leaf.encoding, charset: leaf.charset)
                ).isEmpty
            }
    }
}
