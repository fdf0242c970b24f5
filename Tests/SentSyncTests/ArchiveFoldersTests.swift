import IMAP
import SentSync
import Testing

/// Where messages are looked for that have gone from Sent.
struct ArchiveFoldersTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let folders: [(name: String, attributes: [String])]
        var wish = ArchiveFolders.Wish.automatic
        let chosen: [String]
    }

    static let cases = [
        Case(
            testDescription: "what is marked, with what lies below, the last year first",
            folders: [
                ("INBOX", []), ("Archives", ["\\Archive"]), ("Archives/2025", []), ("Archives/2026", []),
                ("Archive", []), ("Sent", ["\\Sent"]),
            ], chosen: ["Archives", "Archives/2026", "Archives/2025"]),
        Case(
            testDescription: "all mail after archives",
            folders: [("[Gmail]", ["\\Noselect"]), ("[Gmail]/All Mail", ["\\All"]), ("Old", ["\\Archive"])],
            chosen: ["Old", "[Gmail]/All Mail"]),
        Case(
            testDescription: "a usual name where nothing is marked",
            folders: [("INBOX/Archiv", []), ("Projects/2026/Archive", [])], chosen: ["INBOX/Archiv"]),
        Case(
            testDescription: "a parent that holds no messages, its children do",
            folders: [("Archive", ["\\Archive", "\\Noselect"]), ("Archive/2026", [])], chosen: ["Archive/2026"]),
        Case(
            testDescription: "what the user named, and nothing else",
            folders: [("Archive", ["\\Archive"]), ("Projects", []), ("Clients", [])],
            wish: .named(["Clients", "Missing", "Projects"]), chosen: ["Clients", "Projects"]),
        Case(testDescription: "none", folders: [("INBOX", []), ("Trash", ["\\Trash"])], chosen: []),
        Case(
            testDescription: "not more than can be looked into",
            folders: [("A", ["\\Archive"])] + (1...60).map { ("A/\($0 + 100)", []) },
            chosen: ["A"] + (142...160).reversed().map { "A/\($0)" }),
    ]

    @Test(arguments: cases)
    func chooses(_ example: Case) {
        let entries = example.folders.map { name, attributes in
            ListEntry(
                name: MailboxName(name), attributes: Set(attributes.map { MailboxAttribute($0) }),
                delimiter: UInt8(ascii: "/"))
        }
        #expect(ArchiveFolders.choose(from: entries, wish: example.wish).map(\.display) == example.chosen)
    }
}
