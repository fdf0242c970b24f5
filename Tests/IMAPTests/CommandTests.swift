import Testing

@testable import IMAP

struct CommandTests {
    private static let set = UIDSet(1...3)

    private func wire(_ command: Command, _ literals: LiteralMode = .synchronising) throws -> String {
        let pieces = CommandPart.pieces(of: try command.parts(), tag: Tag("a1"), literals: literals)
        return pieces.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "<wait>")
    }

    static let encodings: [(Command, String)] = [
        (.capability, "CAPABILITY"), (.noop, "NOOP"), (.logout, "LOGOUT"), (.idle, "IDLE"), (.id(nil), "ID NIL"),
        (.compress, "COMPRESS DEFLATE"),
        (
            .notify(newMessages: [.uid, .flags]),
            "NOTIFY SET (selected-delayed (MessageNew (UID FLAGS) MessageExpunge FlagChange))"
        ),
        (.id([]), "ID NIL"),
        (.id([IDField("name", "sentmark"), IDField("os", nil)]), "ID (\"name\" \"sentmark\" \"os\" NIL)"),
        (.enable([.condstore, .qresync]), "ENABLE CONDSTORE QRESYNC"),
        (
            .list(reference: MailboxName(""), pattern: MailboxName("*"), returnSpecialUse: true),
            "LIST \"\" \"*\" RETURN (SPECIAL-USE)"
        ),
        (.status(.inbox, [.messages, .highestModificationSequence]), "STATUS \"INBOX\" (MESSAGES HIGHESTMODSEQ)"),
        (.select(MailboxName("Entwürfe"), nil), "SELECT \"Entw&APw-rfe\""),
        (.examine(.inbox, .condstore), "EXAMINE \"INBOX\" (CONDSTORE)"),
        (.select(.inbox, .qresync(7, 9, known: UIDSet("1:5,9"))), "SELECT \"INBOX\" (QRESYNC (7 9 1:5,9))"),
        (.select(.inbox, .qresync(7, 9, known: UIDSet())), "SELECT \"INBOX\" (QRESYNC (7 9))"),
        (
            .uidFetch(
                set, [.uid, .flags, .internalDate, .size, .modificationSequence, .bodyStructure], changedSince: 5,
                vanished: true),
            "UID FETCH 1:3 (UID FLAGS INTERNALDATE RFC822.SIZE MODSEQ BODYSTRUCTURE) (CHANGEDSINCE 5 VANISHED)"
        ),
        (
            .uidFetch(
                UIDSet(from: 4),
                [
                    .body(.part("1.2"), range: 0..<262_144), .body(.headerFields(["subject"])),
                    .body(Section(part: "2", kind: .mime)),
                ]),
            "UID FETCH 4:* (BODY.PEEK[1.2]<0.262144> BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY.PEEK[2.MIME])"
        ),
        (
            .uidFetch(
                set,
                [
                    .body(.message, range: 5..<5), .body(Section(part: "1", kind: .headerFieldsNot(["X"]))), .emailID,
                    .gmailLabels,
                ]),
            "UID FETCH 1:3 (BODY.PEEK[]<5.1> BODY.PEEK[1.HEADER.FIELDS.NOT (X)] EMAILID X-GM-LABELS)"
        ),
        (.uidSearch(.all), "UID SEARCH ALL"),
        (
            .uidSearch(
                .and([
                    .uid(set), .not(.keyword(Flag(spelling: "opened"))),
                    .or(
                        .since(CalendarDay(year: 2026, month: 2, day: 1)),
                        .before(CalendarDay(year: 2025, month: 12, day: 31))),
                ]), returning: [.all, .count, .minimum, .maximum, .partial(first: -1, last: -500)]),
            "UID SEARCH RETURN (ALL COUNT MIN MAX PARTIAL -1:-500) (UID 1:3 NOT KEYWORD opened OR SINCE 1-Feb-2026 BEFORE 31-Dec-2025)"
        ),
        (.uidSearch(.header("Message-ID", "<a@b>")), "UID SEARCH HEADER \"Message-ID\" \"<a@b>\""),
        (.uidSearch(.body("a\"b")), "UID SEARCH BODY {3}\r\n<wait>a\"b"),
        (.uidSearch(.modificationSequence(7)), "UID SEARCH MODSEQ 7"),
        (.uidSearch(.body("ü")), "UID SEARCH CHARSET UTF-8 BODY {2}\r\n<wait>ü"),
        (.uidStore(set, .add, [Flag(spelling: "opened"), .flagged]), "UID STORE 1:3 +FLAGS.SILENT (opened \\Flagged)"),
        (
            .uidStore(set, .remove, [Flag(spelling: "x")], silent: false, unchangedSince: 8),
            "UID STORE 1:3 (UNCHANGEDSINCE 8) -FLAGS (x)"
        ),
        (.uidStore(set, .replace, []), "UID STORE 1:3 FLAGS.SILENT ()"),
        (
            .append(.inbox, [.seen], InternalDate(secondsSince1970: 0, zoneMinutes: -90), message: "m\r\n".bytes),
            "APPEND \"INBOX\" (\\Seen) \"31-Dec-1969 22:30:00 -0130\" {3}\r\n<wait>m\r\n"
        ),
        (.create(MailboxName(wire: "a\r\nb".bytes)), "CREATE {4}\r\n<wait>a\r\nb"),
        (.subscribe(MailboxName("Geöffnet")), "SUBSCRIBE \"Ge&APY-ffnet\""),
        (.uidCopy(set, MailboxName("Opened")), "UID COPY 1:3 \"Opened\""),
        (.uidMove(set, MailboxName("a b")), "UID MOVE 1:3 \"a b\""),
        (.uidExpunge(set), "UID EXPUNGE 1:3"),
        (
            .uidStoreLabels(set, .add, [MailboxName("✓"), MailboxName("a b")]),
            "UID STORE 1:3 +X-GM-LABELS (\"&JxM-\" \"a b\")"
        ),
        (.uidStoreLabels(set, .remove, [MailboxName("\"")]), "UID STORE 1:3 -X-GM-LABELS ({1}\r\n<wait>\")"),
    ]

    @Test(arguments: encodings)
    func encodes(_ command: Command, _ expected: String) throws {
        #expect(try wire(command) == "a1 \(expected)\r\n")
    }

    @Test func waitsOnlyWhereItMust() throws {
        func append(_ count: Int) -> Command {
            .append(.inbox, [], nil, message: [UInt8](repeating: 0x61, count: count))
        }
        #expect(try wire(append(2), .any) == "a1 APPEND \"INBOX\" {2+}\r\naa\r\n")
        #expect(try wire(append(4096), .short).contains("{4096+}\r\naa"))
        #expect(try wire(append(4097), .short).contains("{4097}\r\n<wait>aa"))
        #expect(LiteralMode(Capabilities([.literalMinus, .literalPlus])) == .any)
    }

    static let refusals: [(Command, CommandError)] = [
        (.uidFetch(UIDSet(), [.uid]), .emptySet), (.uidFetch(set, []), .emptyList),
        (.uidStore(set, .add, []), .emptyList), (.uidStoreLabels(set, .add, []), .emptyList),
        (.uidCopy(UIDSet(), .inbox), .emptySet), (.uidMove(UIDSet(), .inbox), .emptySet),
        (.uidExpunge(UIDSet()), .emptySet),
        (.uidStore(set, .add, [Flag(spelling: "a b")]), .malformedFlag("a b")),
        (.uidStore(set, .add, [Flag(spelling: "a\r\nx NOOP")]), .malformedFlag("a\r\nx NOOP")),
        (.uidStore(set, .add, [Flag(spelling: "")]), .malformedFlag("")),
        (.uidStore(set, .add, [Flag(spelling: "\\")]), .malformedFlag("\\")),
        (.uidStore(set, .add, [.any]), .malformedFlag("\\*")), (.uidSearch(.keyword(.seen)), .malformedFlag("\\Seen")),
        (.uidFetch(set, [.body(.part("1.2]\r\n"))]), .malformedSection("1.2]\r\n")),
        (.uidFetch(set, [.body(.part("1..2"))]), .malformedSection("1..2")),
        (.uidFetch(set, [.body(Section(kind: .mime))]), .malformedSection("MIME")),
        (.uidFetch(set, [.body(.headerFields(["A B"]))]), .malformedName("A B")),
        (.uidFetch(set, [.body(.headerFields([]))]), .emptyList), (.enable(["A\r\nB"]), .malformedName("A\r\nB")),
        (.uidSearch(.and([])), .emptyList),
        (.create(MailboxName(wire: [0x61, 0])), .containsNUL), (.append(.inbox, [], nil, message: [0]), .containsNUL),
        (.append(.inbox, [], InternalDate(secondsSince1970: .max), message: []), .malformedDate),
        (.uidSearch(.since(CalendarDay(year: 2026, month: 13, day: 1))), .malformedDate),
    ]

    @Test(arguments: refusals)
    func refuses(_ command: Command, _ error: CommandError) {
        #expect(throws: error) { try command.parts() }
    }

    /// Whatever names and words are put in, the only line end outside of announced literals is the command's own.
    @Test(arguments: 0..<300)
    func lineEndsOnlyWhereTheCommandEnds(_ seed: UInt64) {
        var random = Seeded(seed)
        let alphabet = "ab1 \r\n\"\\{}()*%&-+]é\u{1}\u{7F}😀".map(String.init)
        func noise() -> String {
            (0..<Int.random(in: 0...12, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "" }
                .joined()
        }
        let commands: [Command] = [
            .select(MailboxName(wire: noise().bytes), nil), .create(MailboxName(noise())),
            .id([IDField(noise(), noise())]),
            .list(
                reference: MailboxName(wire: noise().bytes), pattern: MailboxName(wire: noise().bytes),
                returnSpecialUse: false),
            .uidStore(Self.set, .add, [Flag(spelling: noise())]), .uidSearch(.header(noise(), noise())),
            .uidSearch(.keyword(Flag(spelling: noise()))),
            .uidFetch(Self.set, [.body(.part(noise()))]), .uidFetch(Self.set, [.body(.headerFields([noise()]))]),
            .enable([Capability(noise())]),
            .append(MailboxName(wire: noise().bytes), [Flag(spelling: noise())], nil, message: noise().bytes),
            .status(MailboxName(noise()), [.uidNext]), .uidCopy(Self.set, MailboxName(wire: noise().bytes)),
            .uidStoreLabels(Self.set, .add, [MailboxName(noise()), MailboxName(wire: noise().bytes)]),
        ]
        for command in commands {
            guard let parts = try? command.parts() else { continue }
            for mode in [LiteralMode.synchronising, .short, .any] {
                var rest = CommandPart.pieces(of: parts, tag: Tag("a1"), literals: mode).joined().map { $0 }[...]
                for part in parts {
                    guard case .literal(let data) = part else { continue }
                    guard let end = rest.firstIndex(of: 0x0A) else { return #expect(Bool(false), "no line") }
                    let line = String(decoding: rest[...end], as: UTF8.self)
                    #expect(line.hasSuffix("{\(data.count)\(mode.mustWait(data.count) ? "" : "+")}\r\n"))
                    rest = rest[(end + 1)...].dropFirst(data.count)
                }
                #expect(rest.suffix(2) == [0x0D, 0x0A])
                #expect(rest.dropLast(2).allSatisfy { $0 >= 0x20 && $0 < 0x7F })
            }
        }
    }

    @Test func splitsLongSets() throws {
        let sparse = UIDSet((0..<5000).map { UID(UInt32($0 * 2 + 1_000_000)) })
        let commands: [Command] = [
            .uidFetch(sparse, [.uid, .flags]), .uidStore(sparse, .add, [Flag(spelling: "opened")]),
            .uidSearch(.and([.keyword(Flag(spelling: "x")), .uid(sparse)]), returning: [.all]),
            .uidStoreLabels(sparse, .add, [MailboxName("✓✓")]), .uidCopy(sparse, MailboxName("Opened")),
            .uidMove(sparse, MailboxName("Opened")), .uidExpunge(sparse),
        ]
        for command in commands {
            #expect(throws: CommandError.self) { try command.parts() }
            var union = UIDSet()
            let pieces = command.split()
            #expect(pieces.count > 4)
            for piece in pieces {
                let length = try wire(piece).utf8.count
                #expect(length <= Command.maxLineLength + 5)
                #expect(piece.about(sparse) == command)
                union.formUnion(piece.uids ?? UIDSet())
            }
            #expect(union == sparse)
        }
        #expect(Command.noop.split() == [.noop])
        #expect(Command.uidFetch(UIDSet(), [.uid]).split() == [.uidFetch(UIDSet(), [.uid])])
    }
}
