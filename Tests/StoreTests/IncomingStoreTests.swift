import Foundation
import GRDB
import IMAP
import Opens
import SentSync
import Testing

@testable import Store

/// What incoming mail tells of tracked messages, and what follows.
struct IncomingStoreTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)
    private static let signs = Signs(.standard)
    private static let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0"

    private let scratch = Scratch()
    private let store: AgentStore
    private let account: AccountID
    private let source: SourceID

    init() async throws {
        store = try AgentStore(path: scratch.path)
        account = try await store.account(named: "work")
        source = try await store.source(named: "px")
        let sent = try await store.folder(MailboxName("Sent"), of: account)
        let message = ExaminedMessage(
            uid: 1, flags: [], messageID: "sent@x", subject: "S", sentAt: Self.now - 6000,
            recipients: [.init(name: "Bob", address: "Bob@example.org"), .init(name: "", address: "eve@example.org")],
            recipientIsSender: false, tokens: [FoundToken(text: "t", kind: .foreign, quoted: false)])
        try await store.apply([.message(message)], to: sent, signs: Self.signs, now: Self.now)
        try await judge()
    }

    private func mail(
        _ kind: IncomingMail.Kind = .reply, uid: UInt32 = 1, at seconds: Double = 0, seen: Bool = false,
        names: [String] = ["sent@x"], from sender: String = "bob@example.org", tokens: [String] = ["t"],
        failed: Set<String> = []
    ) -> IncomingMail {
        IncomingMail(
            uid: UID(uid), kind: kind, arrivedAt: Self.now + seconds, isSeen: seen, names: names, sender: sender,
            tokens: tokens, failed: failed)
    }

    /// One look, so many seconds after `now`. Returns whether there is something to be judged.
    @discardableResult
    private func look(
        _ mail: IncomingMail..., seen: UIDSet = UIDSet(), unseen: UIDSet = UIDSet(), validity: UIDValidity = 1,
        at seconds: Double = 0
    ) async throws -> Bool {
        let folder = try await store.incomingFolder(.inbox, of: account)
        try await store.begin(folder)
        return try await store.apply(
            IncomingNews(uidValidity: validity, uidNext: 100, mail: mail, seen: seen, unseen: unseen), to: folder,
            now: Self.now + seconds)
    }

    private func judge() async throws {
        let time = Self.now + 3600
        let tasks = try await store.judgingTasks(now: time, rules: Rules.current.version)
        try await store.save(
            tasks.map { (OpensEngine.judge($0.history, now: time), $0) }, rules: Rules.current.version)
    }

    private func hit(at seconds: Double, _ seq: Int64 = 1) async throws {
        let hit = Hit(
            seq: seq, at: Self.now + seconds, token: "t", net: "n\(seq)",
            netclass: NetworkClass(rawValue: "residential"), ua: Self.agent,
            family: ClientFamily(userAgent: Self.agent))
        try await store.append([hit], log: "L", cursor: "\(seq)", isEnd: true, from: source, now: Self.now + seconds)
        try await judge()
    }

    private func report() async throws -> MessageReport { try #require(try await store.reports(on: "sent@x").first) }

    private func rules() async throws -> [String?] { try await report().hits.map(\.verdict?.rule) }

    @Test(arguments: [
        (IncomingMail.Kind.reply, "bob@example.org", "quoted-in-reply"),
        (.reply, "mallory@example.com", "quoted-elsewhere"),
        (.automatic, "bob@example.org", "quoted-by-machine"), (.report, "mailer-daemon@x", "quoted-by-machine"),
        (.copy, "me@x", "shared-with-sender"),
    ])
    func whatShowsThePixelMakesLaterHitsDoubtful(kind: IncomingMail.Kind, sender: String, rule: String) async throws {
        try await hit(at: 100)
        #expect(try await report().line.standing.status == .opened)
        #expect(try await look(mail(kind, at: 200, from: sender), at: 300))
        try await judge()
        try await hit(at: 900, 2)
        #expect(try await rules() == ["direct-client", rule])
        let standing = try await report().line.standing
        #expect(standing.status == .opened && standing.readings == 1)
        // The earlier one becomes doubtful too if the mail was there before it.
        #expect(try await look(mail(kind, at: 50, from: sender), at: 950))
        try await judge()
        #expect(try await rules() == [rule, rule])
        #expect(try await report().line.standing.status == .maybe)
    }

    @Test func anAnswerWithoutThePixelChangesNothing() async throws {
        #expect(try await look(mail(tokens: [])))
        try await judge()
        try await hit(at: 900)
        #expect(try await rules() == ["direct-client"])
        #expect(try await report().incoming.map(\.showsPixel) == [false])
    }

    @Test func aLookThatComesTwiceChangesNothing() async throws {
        #expect(try await look(mail()))
        try await judge()
        #expect(try await !look(mail()))
        #expect(try await !look(mail(names: ["other@x"], tokens: ["foreign"])))
        #expect(try await store.judgingTasks(now: Self.now, rules: Rules.current.version).isEmpty)
        #expect(try await report().incoming.count == 1)
    }

    /// Who marks the reply as seen has opened it, and loads the pixel that it quotes.
    @Test func openingTheReplyIsOwnActivity() async throws {
        try await look(mail(uid: 7), at: 10)
        var state = try await store.incomingFolder(.inbox, of: account).state
        #expect(state == IncomingState(uidValidity: 1, uidNext: 100, unseen: UIDSet(7)))
        try await look(unseen: UIDSet(7), at: 500)
        #expect(try await report().ownActivity.isEmpty)
        #expect(try await look(seen: UIDSet(7), at: 520))
        #expect(try await report().ownActivity == [OwnActivity(since: Self.now + 500, until: Self.now + 520)])
        state = try await store.incomingFolder(.inbox, of: account).state
        #expect(state.unseen.isEmpty)
        try await hit(at: 510)
        #expect(try await rules() == ["own-activity"])
        #expect(try await report().line.standing.status == .selfOnly)
    }

    /// It was opened between its arrival and the first look.
    @Test func aReplyThatIsSeenAlreadyHasBeenOpened() async throws {
        try await look(mail(at: 5, seen: true), at: 9)
        #expect(try await report().ownActivity == [OwnActivity(since: Self.now + 5, until: Self.now + 9)])
        // One without the pixel explains nothing.
        try await look(mail(at: 50, seen: true, tokens: []), at: 60)
        #expect(try await report().ownActivity.count == 1)
    }

    @Test func anotherUIDValidityEndsTheFollowing() async throws {
        try await look(mail(uid: 7))
        #expect(try await !look(seen: UIDSet(7), validity: 2))
        #expect(try await store.incomingFolder(.inbox, of: account).state.unseen.isEmpty)
    }

    @Test func whatReachedNobodyWasOpenedByNobody() async throws {
        try await hit(at: 1)
        let first = mail(.report, at: 60, from: "mailer-daemon@x", failed: ["bob@example.org"])
        #expect(try await look(first, at: 70))
        try await judge()
        // The other one may have got it.
        #expect(try await rules() == ["direct-client"])
        #expect(try await look(mail(.report, at: 90, from: "mailer-daemon@x", failed: ["eve@example.org"]), at: 95))
        try await judge()
        try await hit(at: 800, 2)
        #expect(try await rules() == ["undelivered-on-the-way", "undelivered"])
        #expect(try await report().line.standing.status == .machineOnly)
        #expect(try await report().failed == ["Bob@example.org", "eve@example.org"])
    }

    /// Neither strangers' addresses nor those of mail that nobody tracks are taken from a report.
    @Test func aReportOfOthersChangesNothing() async throws {
        #expect(try await look(mail(.report, tokens: [], failed: ["zoe@example.com"])))
        try await judge()
        #expect(try await !look(mail(.report, names: ["other@x"], tokens: [], failed: ["bob@example.org"])))
        #expect(try await report().failed.isEmpty)
    }

    @Test func aThreadOfThousandsIsRememberedInPart() async throws {
        for uid in UInt32(1)...60 { try await look(mail(uid: uid, at: Double(uid))) }
        #expect(try await report().incoming.count == 50)
    }

    @Test func aLookIsDueWhenAHitMayBeAPersons() async throws {
        func due() async throws -> Date? { try await store.nextLook(of: account, interval: 1800, pause: 2) }
        #expect(try await due() == .distantPast)
        try await store.beginLook(of: account, now: Self.now)
        #expect(try await due() == Self.now + 1800)
        try await hit(at: 100)
        #expect(try await due() == Self.now + 2)
        try await store.beginLook(of: account, now: Self.now + 101)
        // Judged again, it is no other hit.
        try await store.judgeAllAgain()
        try await judge()
        #expect(try await due() == Self.now + 1901)
        #expect(try await store.nextLook(of: try await store.account(named: "empty"), interval: 1, pause: 1) == nil)
    }

    @Test func looksThatDoNotEndAreCounted() async throws {
        for tries in 0..<3 {
            let folder = try await store.incomingFolder(.inbox, of: account)
            #expect(folder.tries == tries)
            try await store.begin(folder)
        }
        try await look()
        #expect(try await store.incomingFolder(.inbox, of: account).tries == 0)
    }

    /// No address, no subject, no text.
    @Test func nothingOfTheMailItselfIsStored() async throws {
        try await look(mail(from: "secret-sender@example.com", failed: ["secret-recipient@example.com"]))
        let rows = try await store.read { db in try Row.fetchAll(db, sql: "SELECT * FROM incoming").map(\.description) }
        #expect(rows.count == 1 && !rows[0].contains("secret"))
    }
}
