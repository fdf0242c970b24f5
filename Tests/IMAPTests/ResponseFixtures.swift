import Testing

@testable import IMAP

/// One response as bytes, and what it is. `nil`: it belongs to no grammar and is reported as such.
struct ResponseFixture: Sendable, CustomTestStringConvertible {
    let wire: String
    let response: Response?

    init(_ wire: String, _ response: Response?) {
        self.wire = wire
        self.response = response
    }

    var testDescription: String { wire }
}

private func fetch(_ sequence: UInt32, _ change: (inout FetchData) -> Void) -> Response {
    var data = FetchData(sequence: SequenceNumber(sequence))
    change(&data)
    return .untagged(.fetch(data))
}

private func search(_ change: (inout SearchResult) -> Void) -> Response {
    var result = SearchResult()
    change(&result)
    return .untagged(.search(result))
}

private func status(_ name: String, _ change: (inout MailboxStatus) -> Void) -> Response {
    var status = MailboxStatus()
    change(&status)
    return .untagged(.mailboxStatus(MailboxName(name), status))
}

private func ok(_ code: ResponseCode?, _ text: String = "") -> Response {
    .untagged(.condition(Completion(.ok, ResponseText(code: code, text: text))))
}

private func set(_ ranges: ClosedRange<UID>...) -> UIDSet { UIDSet(ranges: ranges) }

private func list(_ name: [UInt8], _ attributes: Set<MailboxAttribute>, _ delimiter: Character?) -> Response {
    .untagged(.list(ListEntry(name: MailboxName(wire: name), attributes: attributes, delimiter: delimiter?.asciiValue)))
}

extension ResponseFixture {
    static let statuses = [
        ResponseFixture("a1 OK done", .tagged(Tag("a1"), Completion(.ok, ResponseText(text: "done")))),
        ResponseFixture("a1 ok", .tagged(Tag("a1"), Completion(.ok))),
        ResponseFixture("a1 OK ", .tagged(Tag("a1"), Completion(.ok))),
        ResponseFixture(
            "a.1-x NO [OVERQUOTA] full", .tagged(Tag("a.1-x"), Completion(.no, .init(code: .overQuota, text: "full")))),
        ResponseFixture("a1 BAD {5}", .tagged(Tag("a1"), Completion(.bad, ResponseText(text: "{5}")))),
        ResponseFixture("+ idling", .continuation(ResponseText(text: "idling"))),
        ResponseFixture("+", .continuation(ResponseText())),
        ResponseFixture("+ {3}", .continuation(ResponseText(text: "{3}"))),
        ResponseFixture("* OK", ok(nil)),
        ResponseFixture("* OK text {5}", ok(nil, "text {5}")),
        ResponseFixture("* OK [ALERT] x ] y", ok(.alert, "x ] y")),
        ResponseFixture("* OK [not a code", ok(nil, "[not a code")),
        ResponseFixture("* OK []", ok(nil, "[]")),
        ResponseFixture("* BYE [UNAVAILABLE] later", .untagged(.bye(.init(code: .unavailable, text: "later")))),
        ResponseFixture("* BYE", .untagged(.bye(ResponseText()))),
        ResponseFixture("* PREAUTH hello", .untagged(.preauthenticated(ResponseText(text: "hello")))),
        ResponseFixture("* BAD what", .untagged(.condition(Completion(.bad, ResponseText(text: "what"))))),
        ResponseFixture(
            "* OK [HIGHESTMODSEQ 9223372036854775807]", ok(.highestModificationSequence(.init(1 << 63 - 1)))),
        ResponseFixture("* OK [HIGHESTMODSEQ 0] z", ok(.noModificationSequences, "z")),
        ResponseFixture("* OK [HIGHESTMODSEQ -1]", ok(.noModificationSequences)),
        ResponseFixture(
            "* OK [HIGHESTMODSEQ 9223372036854775808]",
            ok(.other(name: "HIGHESTMODSEQ", arguments: "9223372036854775808"))),
        ResponseFixture("* OK [nomodseq]", ok(.noModificationSequences)),
        ResponseFixture("* OK [UIDVALIDITY 4294967295] x", ok(.uidValidity(4_294_967_295), "x")),
        ResponseFixture("* OK [UIDVALIDITY 0]", ok(.other(name: "UIDVALIDITY", arguments: "0"))),
        ResponseFixture("* OK [UIDVALIDITY]", ok(.other(name: "UIDVALIDITY", arguments: ""))),
        ResponseFixture("* OK [UIDNEXT 7 ] x", ok(.uidNext(7), "x")),
        ResponseFixture("* OK [UNSEEN 3]", ok(.unseen(3))),
        ResponseFixture("* OK [PERMANENTFLAGS ()]", ok(.permanentFlags([]))),
        ResponseFixture("* OK [PERMANENTFLAGS NIL]", ok(.permanentFlags([]))),
        ResponseFixture(
            "* OK [PERMANENTFLAGS (\\Seen a]b \\*)] ok",
            ok(.permanentFlags([.seen, Flag(spelling: "a]b"), .any]), "ok")),
        ResponseFixture("* OK [CAPABILITY IMAP4rev1 idle] x", ok(.capability([.imap4rev1, .idle]), "x")),
        ResponseFixture("* OK [APPENDUID 38505 3955]", ok(.appendUID(38505, set(3955...3955)))),
        ResponseFixture(
            "* OK [COPYUID 14 1:3,9 4:6,1] moved",
            ok(.copyUID(14, source: set(1...3, 9...9), destination: set(1...1, 4...6)), "moved")),
        ResponseFixture("* OK [COPYUID 14  ] Outlook", ok(.other(name: "COPYUID", arguments: "14  "), "Outlook")),
        ResponseFixture("* OK [MODIFIED 7,9]", ok(.modified(set(7...7, 9...9)))),
        ResponseFixture("* OK [BADCHARSET (UTF-8 \"x]\")] c", ok(.badCharset, "c")),
        ResponseFixture("* OK [MESSAGELIMIT 1000 23221]", ok(.messageLimit(1000, lastUID: 23221))),
        ResponseFixture("* OK [WEBALERT https://x/?a] y", ok(.other(name: "WEBALERT", arguments: "https://x/?a"), "y")),
        ResponseFixture("* OK b\u{07}e\u{0B}ll", ok(nil, "b\u{FFFD}e\u{FFFD}ll")),
    ]

    static let mailboxes = [
        ResponseFixture("* CAPABILITY IMAP4rev1  Idle ", .untagged(.capability([.imap4rev1, .idle]))),
        ResponseFixture("* ENABLED", .untagged(.enabled([]))),
        ResponseFixture("* ENABLED CONDSTORE QRESYNC", .untagged(.enabled([.condstore, .qresync]))),
        ResponseFixture("* ID NIL", .untagged(.id(nil))),
        ResponseFixture(
            "* ID (\"name\" \"Dovecot\" \"os\" NIL \"x\")",
            .untagged(.id([IDField("name", "Dovecot"), IDField("os", nil), IDField("x", nil)]))),
        ResponseFixture(
            "* FLAGS (\\Seen $x [y]z)", .untagged(.flags([.seen, Flag(spelling: "$x"), .init(spelling: "[y]z")]))),
        ResponseFixture("* FLAGS ()", .untagged(.flags([]))),
        ResponseFixture("* FLAGS NIL", .untagged(.flags([]))),
        ResponseFixture("* LIST (\\sent) \"/\" Sent", list("Sent".bytes, [.sent], "/")),
        ResponseFixture("* LIST () NIL inbox", list("INBOX".bytes, [], nil)),
        ResponseFixture("* LIST () \"\" x", list("x".bytes, [], nil)),
        ResponseFixture("* LIST () \"\\\\\" \"a\\\"b\\\\c\"", list("a\"b\\c".bytes, [], "\\")),
        ResponseFixture("* LIST (\\Sent \\Sent) \".\" Sent Items", list("Sent Items".bytes, [.sent], ".")),
        ResponseFixture("* LIST () \"/\" a\tb", list("a\tb".bytes, [], "/")),
        ResponseFixture("* LIST () \"/\" {5}\r\na\r\nb ", list("a\r\nb ".bytes, [], "/")),
        ResponseFixture("* LIST () \"/\" {0}\r\n", list([], [], "/")),
        ResponseFixture("* LIST () \"/\" x (\"CHILDINFO\" (\"SUBSCRIBED\"))", list("x".bytes, [], "/")),
        ResponseFixture(
            "* XLIST (\\AllMail) \"/\" ../../etc", list("../../etc".bytes, [MailboxAttribute("\\allmail")], "/")),
        ResponseFixture("* LSUB () \"/\" \"un\"escaped\"", list("un\"escaped".bytes, [], "/")),
        ResponseFixture("* STATUS \"INBOX\" ()", status("INBOX") { _ in }),
        ResponseFixture(
            "* STATUS Sent Items (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 4 UNSEEN 1 HIGHESTMODSEQ 77 X (1 (2)) SIZE 9.5e2 Y)",
            status("Sent Items") {
                $0.messages = 3
                $0.uidNext = 9
                $0.uidValidity = 4
                $0.unseen = 1
                $0.highestModificationSequence = 77
                $0.size = 950
            }),
        ResponseFixture("* STATUS x (UIDNEXT 0 HIGHESTMODSEQ -1 MESSAGES NIL)", status("x") { _ in }),
        ResponseFixture(
            "* NAMESPACE ((\"\" \"/\")) NIL NIL", .untagged(.other(name: "NAMESPACE", text: "((\"\" \"/\")) NIL NIL"))),
        ResponseFixture("* 3 EXISTS", .untagged(.exists(3))),
        ResponseFixture("*  3  exists", .untagged(.exists(3))),
        ResponseFixture("* 0 RECENT", .untagged(.recent(0))),
        ResponseFixture("* 4294967295 EXPUNGE", .untagged(.expunge(4_294_967_295))),
        ResponseFixture("* 5 FOO bar", .untagged(.other(name: "FOO", text: "bar"))),
        ResponseFixture(
            "* VANISHED (EARLIER) 41,43:116,211:*",
            .untagged(.vanished(set(41...41, 43...116, 211...UID.last), earlier: true))),
        ResponseFixture("* VANISHED 405", .untagged(.vanished(set(405...405), earlier: false))),
        ResponseFixture("* VANISHED (EARLIER) ", .untagged(.vanished(UIDSet(), earlier: true))),
    ]

    static let searches = [
        ResponseFixture("* SEARCH", search { _ in }),
        ResponseFixture("* SEARCH 5 3 4 9 ", search { $0.all = set(3...5, 9...9) }),
        ResponseFixture(
            "* SEARCH 0 2 (MODSEQ 917162500)",
            search {
                $0.all = set(2...2)
                $0.highestModificationSequence = 917_162_500
            }),
        ResponseFixture("* ESEARCH", search { _ in }),
        ResponseFixture(
            "* ESEARCH (TAG \"a9\") UID MIN 1 MAX 2 ALL 1:2 COUNT 2 X-NEW (1 \"(\") MODSEQ 5",
            search {
                $0.tag = Tag("a9")
                $0.isUID = true
                $0.minimum = 1
                $0.maximum = 2
                $0.all = set(1...2)
                $0.count = 2
                $0.highestModificationSequence = 5
            }),
        ResponseFixture(
            "* ESEARCH (TAG a9) UID PARTIAL (-1:-100 200:250,252)",
            search {
                $0.tag = Tag("a9")
                $0.isUID = true
                $0.partial = .init(window: "-1:-100", uids: set(200...250, 252...252))
            }),
        ResponseFixture(
            "* ESEARCH (TAG \"a\") UID PARTIAL (1:500 NIL)",
            search {
                $0.tag = Tag("a")
                $0.isUID = true
                $0.partial = .init(window: "1:500", uids: UIDSet())
            }),
    ]

    static let fetches = [
        ResponseFixture("* 1 FETCH ()", fetch(1) { _ in }),
        ResponseFixture("* 0 FETCH (UID 9)", fetch(0) { $0.uid = 9 }),
        ResponseFixture(
            "* 1 FETCH (UID 12MODSEQ (5) FLAGS(\\Seen))",
            fetch(1) {
                $0.uid = 12
                $0.modificationSequence = 5
                $0.flags = [.seen]
            }),
        ResponseFixture(
            "* 1 fetch ( flags () uid 4294967295 )",
            fetch(1) {
                $0.flags = []
                $0.uid = 4_294_967_295
            }),
        ResponseFixture("* 1 FETCH (MODSEQ (0) UID 0 MODSEQ (-1) FLAGS NIL)", fetch(1) { $0.flags = [] }),
        ResponseFixture(
            "* 1 FETCH (RFC822.SIZE 9.3736e+06 UID 2)",
            fetch(1) {
                $0.size = 9_373_600
                $0.uid = 2
            }),
        ResponseFixture("* 1 FETCH (RFC822.SIZE -1 UID 2)", fetch(1) { $0.uid = 2 }),
        ResponseFixture(
            "* 1 FETCH (INTERNALDATE \"17-Jul-1996 02:44:25 -0700\")",
            fetch(1) {
                $0.internalDate = InternalDate(secondsSince1970: 837_596_665, zoneMinutes: -420)
            }),
        ResponseFixture("* 1 FETCH (INTERNALDATE NIL UID 3)", fetch(1) { $0.uid = 3 }),
        ResponseFixture(
            "* 1 FETCH (BODY[] NIL BODY[1] \"\" UID 3)",
            fetch(1) {
                $0.uid = 3
                $0.sections = [
                    .init(section: .message, content: .absent), .init(section: .part("1"), content: .bytes([])),
                ]
            }),
        ResponseFixture(
            "* 1 FETCH (BODY[] UID 3 BODY[TEXT])",
            fetch(1) {
                $0.uid = 3
                $0.sections = [.init(section: .message, content: .absent), .init(section: .text, content: .absent)]
            }),
        ResponseFixture(
            "* 1 FETCH (BODY[1.2.MIME] {3}\r\na)b BODY[]<0> {0}\r\n UID 3)",
            fetch(1) {
                $0.uid = 3
                $0.sections = [
                    .init(section: Section(part: "1.2", kind: .mime), content: .bytes("a)b".bytes)),
                    .init(section: .message, origin: 0, content: .bytes([])),
                ]
            }),
        ResponseFixture(
            "* 1 FETCH (BODY[HEADER.FIELDS (\"Subject\" DATE)] {2}\r\n\r\n)",
            fetch(1) {
                $0.sections = [.init(section: .headerFields(["SUBJECT", "DATE"]), content: .bytes("\r\n".bytes))]
            }),
        ResponseFixture(
            "* 1 FETCH (BODY[HEADER.FIELDS ({7}\r\nSubject {4+}\r\nDate)] {2}\r\n\r\n)",
            fetch(1) {
                $0.sections = [.init(section: .headerFields(["SUBJECT", "DATE"]), content: .bytes("\r\n".bytes))]
            }),
        ResponseFixture(
            "* 1 FETCH (BODY[3.HEADER.FIELDS.NOT (X)] \"q\" BINARY[1]<5> ~{2}\r\n\0\n BINARY.SIZE[1] 5)",
            fetch(1) {
                $0.sections = [
                    .init(section: Section(part: "3", kind: .headerFieldsNot(["X"])), content: .bytes("q".bytes)),
                    .init(section: .part("1"), origin: 5, isDecoded: true, content: .bytes([0, 10])),
                ]
            }),
        ResponseFixture(
            "* 1 FETCH (RFC822.HEADER {1}\r\nh RFC822.TEXT \"t\" RFC822 \"m\")",
            fetch(1) {
                $0.sections = [
                    .init(section: .header, content: .bytes("h".bytes)),
                    .init(section: .text, content: .bytes("t".bytes)),
                    .init(section: .message, content: .bytes("m".bytes)),
                ]
            }),
        ResponseFixture(
            "* 1 FETCH (X-NEW (a (\"b)\" {1}\r\n)) c) BODY[X-ODD] {3}\r\n) ( UID 6 ANNOTATION NIL)",
            fetch(1) {
                $0.uid = 6
            }),
        ResponseFixture(
            "* 1 FETCH (EMAILID (M6d99) THREADID NIL X-GM-MSGID 1278455344230334865 X-GM-THRID 5)",
            fetch(1) {
                $0.emailID = "M6d99"
                $0.gmailMessageID = 1_278_455_344_230_334_865
                $0.gmailThreadID = 5
            }),
        ResponseFixture(
            "* 1 FETCH (X-GM-LABELS (\"\\\\Sent\" a]b {3}\r\nx y NIL) UID 3)",
            fetch(1) {
                $0.gmailLabels = ["\\Sent", "a]b", "x y", ""].map { MailboxName(wire: $0.bytes) }
                $0.uid = 3
            }),
        ResponseFixture(
            "* 1 FETCH (ENVELOPE (\"d\" \"s\" NIL NIL NIL NIL NIL NIL NIL \"<\"a.b\"@x>\") UID 3)",
            fetch(1) { $0.uid = 3 }),
        ResponseFixture(
            "* 1 FETCH (UID 3 FLAGS (\\Seen)",
            fetch(1) {
                $0.uid = 3
                $0.flags = [.seen]
                $0.isPartial = true
            }),
        ResponseFixture(
            "* 1 FETCH (UID 3 %&/ FLAGS ())",
            fetch(1) {
                $0.uid = 3
                $0.isPartial = true
            }),
        // What is in a literal is never grammar, even where a server glues one to an atom or opens a quote before it.
        ResponseFixture(
            "* 1 FETCH (FLAGS (x{9}\r\na) UID 7)) UID 3)",
            fetch(1) {
                $0.flags = [Flag(spelling: "x"), Flag(spelling: "a) UID 7)")]
                $0.uid = 3
            }),
        ResponseFixture("* 1 FETCH (X \"a {9}\r\nb\" UID 7) UID 3)", fetch(1) { $0.isPartial = true }),
        ResponseFixture("* 1 FETCH (UID{9}\r\n 7 UID 8) UID 3)", fetch(1) { $0.isPartial = true }),
        ResponseFixture(
            "* 7 UIDFETCH (FLAGS (a))",
            fetch(0) {
                $0.uid = 7
                $0.flags = [Flag(spelling: "a")]
            }),
    ]

    static let rejected = [
        "*", "* ", "*)", "a1", "a1 OKAY", "a1 FOO x", "* 5", "* 5 ", "* 99999999999 EXISTS", "* LIST", "* LIST (\\Sent",
        "* LIST () \"abc\" x", "* LIST () \"/\" \"x", "* SEARCH x", "* SEARCH 1 2 99999999999", "* VANISHED 0",
        "* VANISHED 1,,2", "* VANISHED 1 2", "* FLAGS (\\Seen", "* FLAGS \\Seen", "* ID (", "* 1 FETCH",
        "* 1 FETCH UID 2",
        "RT] split line", "[COPYUID 14 1 2] no star", "\u{1}\u{2} OK x", "* ESEARCH (TAG", "* ESEARCH UID ALL 0",
    ].map { ResponseFixture($0, nil) }

    static let all = statuses + mailboxes + searches + fetches + rejected
}
