import Beacon
import MIME
import Tokens

@testable import Outgoing

extension FuzzTarget {
    /// A copy that was filed as it was sent, by a provider that may file anything.
    static let cleaning = FuzzTarget("cleaning", workPerByte: 12_000) { input in
        var options = InjectionOptions()
        options.short = [.pad, .inject][input.choice(of: 2)]
        options.stripQuoted = false
        let mail = input.text
        _ = try cleanCopy(of: mail)

        // One that is there already, in a quote, would go as well.
        guard !findings(in: mail).contains(where: { $0.kind == .own(sentToken) }) else { return }
        let injector = Injector(options: options) { $0 == sentToken }
        guard let placement = try? injector.place(in: mail) else { return }
        let edits = placement.edits(picture: PixelURL.element(for: sentToken, base: "https://px.example.org"))
        guard let clean = try cleanCopy(of: MessageEdit.apply(edits, to: mail)) else { return }
        // All that was put in is out again, and nothing else is. Line breaks may stay, and blanks in base64.
        try require(texts(of: clean) == texts(of: mail), "the clean copy has another text")
    }

    /// What would be filed in the message's place; `nil` if nothing would be.
    private static func cleanCopy(of message: [UInt8]) throws -> [UInt8]? {
        let cleaner = Cleaner { $0 == sentToken }
        guard let cleaning = try? cleaner.cleaning(of: message) else { return nil }
        try require(cleaning.tokens == [sentToken], "its tokens are \(cleaning.tokens.map(\.text))")
        for edit in cleaning.edits {
            try require(
                edit.offset >= 0 && edit.removed >= 0 && edit.offset + edit.removed <= message.count,
                "\(edit.offset) + \(edit.removed) is not in the message of \(message.count)")
        }
        let copy = MessageEdit.apply(cleaning.edits, to: message)
        try require(copy.count <= message.count, "the clean copy is longer")
        try require(
            findings(in: copy).allSatisfy { $0.kind != .own(sentToken) || $0.quoted }, "a picture of its own is left")
        try require((try? cleaner.cleaning(of: copy)) == nil, "it would be cleaned once more")
        try require(
            HeaderFields(parsing: copy).bodyStart == HeaderFields(parsing: message).bodyStart, "the header is another")
        return copy
    }

    /// The text of each part without blanks and line ends.
    private static func texts(of message: [UInt8]) -> [[UInt8]?] {
        MessageParser.leaves(of: message).map { leaf in
            LeafText(message, body: leaf.body, encoding: leaf.encoding)?.content.filter { $0 > 0x20 }
        }
    }
}
