import TestSupport
import Testing

/// What servers refuse, with the real program: the keyword is given up with the server's words, the others are kept, and
/// nothing is tried over and over.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct RefusalTests {
    private static let refusals: [(user: String, answer: String, words: String)] = [
        ("limit", "NO [LIMIT] too many keywords", "too many keywords"),
        ("cannot", "NO [CANNOT] never", "never"),
        ("quota", "NO [OVERQUOTA] Quota exceeded", "Quota exceeded"),
        ("rights", "NO [NOPERM] Permission denied", "Permission denied"),
        ("cyrus", "NO Too many user flags in mailbox", "Too many user flags in mailbox"),
        ("exchange", "BAD Command Argument Error. 11", "Command Argument Error. 11"),
        ("silent", "OK done", "the server accepted it and did not keep it"),
    ]

    @Test func aRefusedKeywordIsGivenUpWithTheServersWords() async throws {
        let dovecot = try await Dovecot.start(users: Self.refusals.map(\.user))
        var relays: [IMAPRelay] = []
        for (_, answer, _) in Self.refusals {
            let rule = IMAPRelay.Rule("\\+FLAGS.SILENT \\(opened\\)", "{tag} \(answer)\r\n")
            relays.append(try await IMAPRelay.start(to: dovecot, rules: [rule]))
        }
        let world = try World(
            dovecot: dovecot,
            accounts: zip(Self.refusals, relays).map { World.Account($0.0.user, on: dovecot, through: $0.1) })
        var sent: [(user: String, uid: UInt32, pixel: World.Pixel)] = []
        for (user, _, _) in Self.refusals {
            let pixel = try world.newPixel()
            sent.append((user, try await world.send(user, pixel, as: user), pixel))
        }
        try world.program.start()
        for (user, uid, _) in sent { try await world.expect(uid, of: user, ["tracked"]) }
        for (_, _, pixel) in sent {
            try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
        }
        for (user, _, words) in Self.refusals {
            try await world.wait(20, "\(user) to be told") {
                try world.status(of: user).contains("keyword opened is not kept: \(words)")
            }
        }
        // A second reading brings another keyword, which is kept, and no further try of the first.
        for (_, _, pixel) in sent {
            try await world.program.load(pixel.url, from: "198.51.100.20", agent: World.thunderbird)
        }
        for (user, uid, _) in sent { try await world.expect(uid, of: user, ["tracked", "opened-again"]) }
        for relay in relays {
            #expect(try await relay.lines().count { $0.contains("+FLAGS.SILENT (opened)") } == 1)
        }
        await dovecot.stop()
    }

    /// The set is cut until the message stands alone; read-back decides what a server leaves out without a word.
    @Test(arguments: [
        ("NO some words", "keyword tracked is not kept for 1 message: some words"),
        ("BAD some words", "keyword tracked is not kept for 1 message: some words"),
    ])
    func aMessageThatIsRefusedKeepsNoOtherWaiting(_ answer: String, _ words: String) async throws {
        let dovecot = try await Dovecot.start()
        let relay = try await IMAPRelay.start(
            to: dovecot, rules: [.init("UID STORE", "{tag} \(answer)\r\n", uid: 3)])
        let world = try World(dovecot: dovecot, accounts: [World.Account("alice", on: dovecot, through: relay)])
        var uids: [UInt32] = []
        for number in 1...9 { uids.append(try await world.send("m\(number)", try world.newPixel())) }
        try world.program.start()
        for uid in uids where uid != 3 { try await world.expect(uid, ["tracked"]) }
        try await world.wait(20, "the refusal") { try world.status(of: "alice").contains(words) }
        #expect(try await world.keywords(3) == [])
        let stores = try await relay.lines().count { $0.contains("UID STORE") }
        #expect(stores <= 1 + 2 * 4)
        await dovecot.stop()
    }

    /// Exchange says so of a STORE that it has carried out for the others.
    @Test func whatIsLeftOutIsReadBack() async throws {
        let dovecot = try await Dovecot.start()
        let relay = try await IMAPRelay.start(
            to: dovecot,
            rules: [.init("UID STORE", "{tag} NO Some of the requested messages no longer exist.\r\n")])
        let world = try World(dovecot: dovecot, accounts: [World.Account("alice", on: dovecot, through: relay)])
        let uid = try await world.send("one", try world.newPixel())
        try world.program.start()
        try await world.waitForServer()
        try await world.wait(20, "the refusal") {
            try world.status(of: "alice").contains(
                "keyword tracked is not kept for 1 message: the server accepted it and did not keep it")
        }
        #expect(try await world.keywords(uid) == [])
        #expect(try await relay.lines().count { $0.contains("UID STORE") } == 1)
        await dovecot.stop()
    }

    @Test func keywordsThatHaveNoRoomAreNotAskedFor() async throws {
        let dovecot = try await Dovecot.start()
        let relay = try await IMAPRelay.start(to: dovecot, greeting: "Cyrus IMAP ready")
        let world = try World(dovecot: dovecot, accounts: [World.Account("alice", on: dovecot, through: relay)])
        let other = try await world.send("other")
        try await dovecot.store(other, .add, (1...99).map { "k\($0)" })
        let pixel = try world.newPixel()
        let uid = try await world.send("one", pixel)
        try world.program.start()
        try await world.waitForServer()
        let words =
            "keyword tracked is not kept: this mailbox has room for 100 keywords, and 99 are taken; opened goes first"
        try await world.wait(20, "the refusal") { try world.status(of: "alice").contains(words) }
        try await world.program.load(pixel.url, from: World.home, agent: World.thunderbird)
        try await world.expect(uid, ["opened"])
        #expect(try await relay.lines().allSatisfy { !$0.contains("(tracked)") })
        await dovecot.stop()
    }
}
