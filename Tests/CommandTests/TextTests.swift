import Foundation
import Synchronization
import Testing

@testable import sentmark

struct TerminalTextTests {
    @Test(arguments: [
        ("plain", "plain"),
        ("tab\there\r\nand there", "tab here  and there"),
        ("\u{1b}[31mred\u{1b}[0m", "�[31mred�[0m"),
        ("\u{1b}]0;title\u{07}", "�]0;title�"),
        ("\u{9b}2J\u{7f}\u{0}", "�2J��"),
        ("\u{202e}gpj.exe\u{2066}\u{200f}", "gpj.exe"),
        ("a\u{2028}b\u{2029}c\u{00a0}d", "a b c d"),
        ("\u{e000}\u{10ffff}", "��"),
        ("می\u{200c}خواهم", "می\u{200c}خواهم"),
        ("e\u{301}e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}", "e\u{301}e\u{301}\u{301}\u{301}\u{301}"),
        ("👩\u{200d}💻", "👩💻"),
    ])
    func cleans(_ text: String, _ expected: String) {
        #expect(TerminalText.clean(text) == expected)
    }

    @Test(arguments: [
        ("", 0), ("abc", 3), ("äöü", 3), ("e\u{301}", 1), ("漢字", 4), ("ﾊﾝｶｸ", 4), ("ＡＢ", 4), ("한국어", 6),
        ("\u{1112}\u{1161}\u{11ab}", 2), ("📎", 2), ("👍🏽", 2), ("🇩🇪", 2), ("❤\u{fe0f}", 2), ("✓✓", 2), ("–", 1),
        ("می\u{200c}خ", 3),
    ])
    func measures(_ text: String, _ columns: Int) {
        #expect(TerminalText.width(of: text) == columns)
    }

    @Test(arguments: [
        ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("abcdef", 1, "…"), ("abcdef", 0, ""), ("漢字漢字", 8, "漢字漢字"),
        ("漢字漢字", 7, "漢字漢…"), ("漢字漢字", 6, "漢字…"), ("", 0, ""),
    ])
    func fits(_ text: String, _ columns: Int, _ expected: String) {
        #expect(TerminalText.fit(text, columns) == expected)
    }

    /// However short the room, nothing stands outside it.
    @Test(arguments: Samples.lines.map(\.subject))
    func neverExceedsItsRoom(_ subject: String) {
        let text = TerminalText.clean(subject)
        for columns in 0...60 {
            let fitted = TerminalText.fit(text, columns)
            #expect(TerminalText.width(of: fitted) <= columns)
        }
    }
}

struct TextTableTests {
    static let table: TextTable = {
        var table = TextTable([.init("A"), .init("LONG", minimum: 4), .init("N", .right), .init("OTHER", minimum: 6)])
        table.rows = [
            ["1", String(repeating: "x", count: 60), "7", String(repeating: "漢", count: 20)], ["22", "", "10", ""],
        ]
        return table
    }()

    @Test(arguments: 22...120)
    func fitsItsTerminal(_ width: Int) {
        let lines = Self.table.rendered(width: width).split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast()
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { TerminalText.width(of: String($0)) <= width && $0.last != " " })
    }

    /// A column without a minimum keeps its text, even if the lines then run over.
    @Test func keepsWhatMustNotShrink() {
        let lines = Self.table.rendered(width: 5).split(separator: "\n")
        #expect(lines[0] == "A   LONG   N  OTHER")
        #expect(lines[2] == "22        10")
    }

    @Test func isWithoutLimitOffATerminal() {
        #expect(Self.table.rendered(width: nil).contains(String(repeating: "x", count: 60)))
    }
}

struct ClockTextTests {
    @Test(arguments: [
        ("Europe/Berlin", "2026-11-23 10:00:00"), ("Asia/Kathmandu", "2026-11-23 14:45:00"),
        ("GMT", "2026-11-23 09:00:00"),
    ])
    func showsLocalTime(_ zone: String, _ expected: String) throws {
        let clock = ClockText(try #require(TimeZone(identifier: zone)))
        #expect(clock.second(Samples.time(0)) == expected)
        #expect(clock.minute(Samples.time(0)) == String(expected.dropLast(3)))
        #expect(clock.short(Samples.time(0), now: Samples.time(1)) == String(expected.dropFirst(5).dropLast(3)))
        #expect(clock.short(Samples.time(0), now: Samples.time(500_000)) == String(expected.prefix(10)))
    }
}

struct TimeArgumentTests {
    static let now = Samples.time(0)
    static let hour = 3600.0

    @Test(arguments: [
        ("90s", -90, -90), ("7d", -7 * 86_400, -7 * 86_400), ("2w", -14 * 86_400, -14 * 86_400),
        // Berlin is an hour ahead of UTC then; now is 10:00 there.
        ("2026-11-23", -10 * 3600, 14 * 3600), ("2026-11-23T10:01", 60, 60), ("2026-11-23 09:30", -1800, -1800),
    ])
    func reads(_ text: String, _ first: Int, _ end: Int) throws {
        let argument = try #require(TimeArgument(argument: text))
        #expect(argument.first(now: Self.now, in: Samples.clock.calendar) == Self.now + Double(first))
        #expect(argument.end(now: Self.now, in: Samples.clock.calendar) == Self.now + Double(end))
    }

    /// A day has 25 hours when summer time ends.
    @Test func takesTheDayAsItIs() throws {
        let day = try #require(TimeArgument(argument: "2026-10-25"))
        let first = try #require(day.first(now: Self.now, in: Samples.clock.calendar))
        #expect(day.end(now: Self.now, in: Samples.clock.calendar) == first + 25 * Self.hour)
    }

    @Test(arguments: [
        "", "d", "7", "-7d", "7x", "999999d", "2026", "2026-13-01", "2026-02-30", "2026-00-10", "26-11-23",
        "2026-11-23T",
        "2026-11-23T24:00", "2026-11-23T10:61", "2026-11-23T10:00:00", "yesterday", "２０２６-11-23",
    ])
    func refuses(_ text: String) {
        #expect(TimeArgument(argument: text) == nil)
    }
}

struct ProgressLineTests {
    private func written(columns: Int?, _ body: (ProgressLine) -> Void) -> String {
        let text = Mutex("")
        body(ProgressLine(columns: { columns }, write: { piece in text.withLock { $0 += piece } }))
        return text.withLock { $0.replacing("\r\u{1B}[K", with: "←") }
    }

    @Test func staysBelowWhatIsWritten() {
        let text = written(columns: 40) { line in
            line.write("first\n")
            line.show("10 of 20 messages")
            line.show("10 of 20 messages")
            line.write("second\n")
            line.show("")
            line.write("third\n")
        }
        #expect(text == "first\n←10 of 20 messages←second\n10 of 20 messages←third\n")
    }

    /// It could not be taken away again if it took two lines of the terminal.
    @Test func fitsOneLineAndSteersNothing() {
        #expect(written(columns: 9) { $0.show("12345678901") } == "←1234567…")
        #expect(written(columns: 20) { $0.show("a\u{1B}[2Jb\nc") } == "←a�[2Jb c")
    }

    @Test func isNotThereWithoutATerminal() {
        #expect(written(columns: nil) { $0.show("10 of 20") } == "")
    }
}
