import Testing

@testable import Tokens

struct MessageNameTests {
    @Test func isTheSameHoweverItIsWritten() throws {
        let name = try #require(MessageName(messageID: "<Offer.1@Example.org>", recipient: "Ann@Far.example"))
        #expect(name.text == "mid:offer.1@example.org ann@far.example")
        #expect(MessageName(name.text) == name)
        #expect(MessageName(messageID: "offer.1@example.org")?.text == name.key)
    }

    /// Hits on the copies of all recipients meet at the message, and tokens are what they were.
    @Test func joinsTheCopiesOfAMail() {
        #expect(TokenKey.of("mid:a@b ann@far.example") == "mid:a@b")
        #expect(TokenKey.of("mid:a@b") == "mid:a@b")
        #expect(TokenKey.of("another-trackers") == "another-trackers")
        #expect(MessageName.keys.contains("mid:a@b") && !MessageName.keys.contains("mie"))
    }

    @Test(arguments: ["", "<>", "a b", "é@x", "a\u{0}b", String(repeating: "a", count: 251)])
    func isNoneThatCannotBeTold(_ id: String) { #expect(MessageName(messageID: id) == nil) }

    @Test(arguments: ["", "offer@example.org", "mid:", "mid: ann@far.example", "mid:a@b c d"])
    func isNoOtherText(_ text: String) { #expect(MessageName(text) == nil) }

    @Test(arguments: ["", "two words", String(repeating: "a", count: 251)])
    func aRecipientThatIsNoAddressIsLeftOut(_ recipient: String) {
        #expect(MessageName(messageID: "a@b", recipient: recipient)?.text == "mid:a@b")
    }

    /// A hit's token has 512 bytes at most.
    @Test func fitsIntoAHit() {
        let part = String(repeating: "a", count: MessageName.partLimit)
        #expect((MessageName(messageID: part, recipient: part)?.text.utf8.count ?? .max) <= 512)
    }
}
