import FoundationEssentials
import IMAP
import SentSync
import Testing

struct UserFlagsTests {
    private static let keywords = Signs(.standard)
    private static let colors = Signs([Sign(.color, .opened, "green")])

    private static func flags(_ text: String) -> Set<Flag> {
        Set(text.split(separator: " ").map { Flag(spelling: String($0)) })
    }

    @Test(arguments: [
        ("", "\\Seen", true), ("\\Seen tracked", "tracked", true), ("", "\\Flagged", true), ("", "\\Answered", true),
        ("tracked", "tracked $label1", true), ("tracked", "tracked not-me", true), ("opened", "OPENED \\seen", true),
        ("", "", false), ("tracked", "tracked opened", false), ("opened", "Opened", false),
        ("tracked opened", "tracked", false), ("", "\\Recent", false), ("", "\\Deleted", false),
        ("", "$HasNoAttachment", false), ("", "NonJunk", false), ("", "$Displayed", false),
    ])
    func onlyWhatAPersonDoesIsATouch(before: String, after: String, isTouched: Bool) {
        let (before, after) = (Self.flags(before), Self.flags(after))
        #expect(UserFlags.areTouched(before: before, after: after, signs: Self.keywords) == isTouched)
    }

    @Test func aFlagThatWeColourIsNone() {
        let painted = Self.flags("\\Flagged $MailFlagBit0 $MailFlagBit1")
        #expect(!UserFlags.areTouched(before: [], after: painted, signs: Self.colors))
        #expect(UserFlags.areTouched(before: [], after: painted, signs: Self.keywords))
        #expect(UserFlags.areTouched(before: [], after: painted.union([.seen]), signs: Self.colors))
    }
}

struct AttentionTests {
    private static func at(_ seconds: Double) -> Date { Date(timeIntervalSince1970: 1_790_000_000 + seconds) }

    @Test func nothingIsKnownBeforeTheFirstAnswers() {
        var attention = Attention()
        attention.asked(at: Self.at(1))
        #expect(attention.since == nil)
        attention.settled()
        #expect(attention.since == Self.at(1))
        attention.settled()
        #expect(attention.since == Self.at(1))
    }

    @Test func whatIsToldInIdleHasJustHappened() {
        var attention = Attention(since: Self.at(1))
        attention.heard(at: Self.at(500))
        #expect(attention.since == Self.at(500))
        attention.asked(at: Self.at(501))
        #expect(attention.since == Self.at(500))
        attention.settled()
        #expect(attention.since == Self.at(501))
    }

    /// Asked once a minute, it is known to a minute.
    @Test func aPollTellsOfTheTimeSinceTheLastOne() {
        var attention = Attention(since: Self.at(60))
        attention.asked(at: Self.at(120))
        #expect(attention.since == Self.at(60))
        attention.settled()
        attention.asked(at: Self.at(180))
        #expect(attention.since == Self.at(120))
    }
}
