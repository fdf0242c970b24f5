import Foundation
import IMAP
import MIME
import Opens
import Outgoing
import SentSync
import Testing
import Tokens

@testable import Store

/// Hits that name a mail by its Message-ID and show no token.
@Suite struct NamedMessagesTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)
    private static let thunderbird = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.5.0"

    private final class World {
        let scratch = Scratch()
        let store: AgentStore
        let account: AccountID
        let folder: FolderID
        let source: SourceID
        private var seq: Int64 = 0

        init() async throws {
            store = try AgentStore(path: scratch.path)
            account = try await store.account(named: "work")
            folder = try await store.folder(MailboxName("Sent"), of: account)
            source = try await store.source(named: "mailgun")
        }

        @discardableResult
        func open(_ id: String, by recipient: String? = nil, signals: Set<Signal> = []) async throws -> Bool {
            seq += 1
            let name = try #require(MessageName(messageID: id, recipient: recipient))
            let hit = Hit(
                seq: seq, at: NamedMessagesTests.now + Double(seq) * 3600, token: name.text, net: "\(seq)",
                ua: thunderbird, family: ClientFamily(userAgent: thunderbird), signals: signals)
            return try await store.append(
                [hit], log: "Mailgun", cursor: "\(seq)", isEnd: true, from: source, now: NamedMessagesTests.now)
        }

        func find(_ id: String, uid: UInt32 = 1, earlier: [String] = [], in folder: FolderID? = nil) async throws {
            let message = ExaminedMessage(
                uid: UID(uid), flags: [], messageID: id, earlierIDs: earlier, subject: "Hello",
                sentAt: NamedMessagesTests.now,
                recipients: [
                    .init(name: "", address: "Ann@far.example"), .init(name: "", address: "ben@far.example"),
                ], recipientIsSender: false, tokens: [])
            try await store.apply(
                [.message(message)], to: folder ?? self.folder, signs: Signs(.standard), now: NamedMessagesTests.now)
        }

        func judge() async throws {
            let now = NamedMessagesTests.now + 90_000
            let tasks = try await store.judgingTasks(now: now, rules: 1)
            _ = try await store.save(tasks.map { (OpensEngine.judge($0.history, now: now), $0) }, rules: 1)
        }
    }

    /// It waits for its message, and the message is looked for until it has been.
    @Test func waitForTheirMessage() async throws {
        let world = try await World()
        #expect(try await !world.open("Offer.1@Example.org", by: "ann@far.example"))
        let told = try await world.store.toldMessages(in: world.folder)
        #expect(told.names == ["offer.1@example.org"])
        #expect(told.sought == ["offer.1@example.org": Self.now + 3600])
        let last = try await world.store.lastHitOfUnknownName(after: 0)
        #expect(last != nil)
        #expect(try await world.store.lastHitOfUnknownName(after: last ?? 0) == nil)
        // What has no copy here is not stored, whatever it is called.
        try await world.find("Offer.2@Example.org")
        #expect(try await world.store.status(StatusFilter()).isEmpty)

        try await world.find("Offer.1@Example.org", uid: 2)
        #expect(try await world.store.toldMessages(in: world.folder).names.isEmpty)
        try await world.judge()
        let line = try #require(try await world.store.status(StatusFilter()).first)
        #expect(line.messageID == "Offer.1@Example.org" && line.standing.status == .opened)
        #expect(try await world.open("offer.1@example.org", by: "ben@far.example"))
    }

    @Test func isNotSoughtAgainWithoutAReason() async throws {
        let world = try await World()
        try await world.open("a@x")
        let told = try await world.store.toldMessages(in: world.folder)
        try await world.store.noteSought(told, in: world.folder)
        let after = try await world.store.toldMessages(in: world.folder)
        #expect(after.sought.isEmpty && after.names == ["a@x"])
        // Another folder has not been searched, and another open is a reason.
        let other = try await world.store.folder(MailboxName("Sent too"), of: world.account)
        #expect(try await world.store.toldMessages(in: other).sought.count == 1)
        try await world.open("b@x")
        #expect(try await world.store.toldMessages(in: world.folder).sought.keys.sorted() == ["b@x"])
        try await world.open("a@x")
        #expect(try await world.store.toldMessages(in: world.folder).sought.keys.sorted() == ["a@x", "b@x"])
    }

    /// However much a provider's customer sends by program.
    @Test func manyUnknownNamesAreLookedForInPieces() async throws {
        let world = try await World()
        let hits = (1...2500).compactMap { number in
            MessageName(messageID: "\(number)@x").map {
                Hit(seq: Int64(number), at: Self.now + Double(number), token: $0.text)
            }
        }
        try await world.store.append(
            hits, log: "Mailgun", cursor: "c", isEnd: true, from: world.source, now: Self.now)
        let told = try await world.store.toldMessages(in: world.folder)
        #expect(told.names.count == AgentStore.toldLimit && told.sought.count == AgentStore.soughtLimit)
        #expect(told.sought["2500@x"] != nil && told.sought["1@x"] == nil)
    }

    @Test func aMessageThatIsTrackedAlreadyTakesThemToo() async throws {
        let world = try await World()
        let token = FoundToken(text: "foreign", kind: .foreign, quoted: false)
        var message = ExaminedMessage(
            uid: 1, flags: [], messageID: "A@x", subject: "Hello", sentAt: Self.now, recipients: [],
            recipientIsSender: false, tokens: [token])
        try await world.store.apply(
            [.message(message)], to: world.folder, signs: Signs(.standard), now: Self.now)
        #expect(try await world.open("a@X"))
        let report = try #require(try await world.store.reports(on: "A@x").first)
        #expect(report.tokens.map(\.text) == ["foreign", "mid:a@x"] && report.hits.count == 1)
        // A copy that a server has given another name.
        message.uid = 2
        message.messageID = "B@x"
        try await world.store.apply(
            [.message(message)], to: world.folder, signs: Signs(.standard), now: Self.now)
        #expect(try await world.open("b@x"))
        #expect(try await world.store.reports(on: "A@x").first?.hits.count == 2)
    }

    /// What a provider's program says of a mail is by the name that it gave it.
    @Test func knowsMailByTheNameThatAProviderGaveIt() async throws {
        let world = try await World()
        let mail = try JSONDecoder().decode(
            Registration.self,
            from: Data(
                #"""
                {"way":"smtp","messageID":"Mine@example.org","subject":"Hello","recipientIsSender":false,
                 "recipients":[{"address":"ann@far.example","name":"","reason":"not-listed"}]}
                """#.utf8))
        let ledger = OutgoingLedger(world.store)
        let id = try await ledger.register(mail, of: world.account, now: Self.now)
        try await ledger.finish(id, .init(.accepted, reply: "250 ok", providerID: "UUID@mtasv.net"))
        try await world.open("uuid@mtasv.net", by: "ann@far.example")
        let told = try await world.store.toldMessages(in: world.folder)
        #expect(told.names == ["uuid@mtasv.net", "mine@example.org"])
        try await world.find("Mine@example.org")
        #expect(try await world.store.reports(on: "Mine@example.org").first?.hits.count == 1)
    }

    @Test func saysWhoOfThemHasOpenedIt() async throws {
        let world = try await World()
        try await world.open("a@x", by: "ANN@far.example")
        try await world.open("a@x", by: "ben@far.example", signals: [.reportedMachine])
        try await world.find("a@x")
        try await world.judge()
        let line = try #require(try await world.store.status(StatusFilter()).first)
        #expect(line.openedBy == OpenedBy(count: 1, of: 2))
        let report = try #require(try await world.store.reports(on: "a@x").first)
        #expect(report.recipients.map(\.status) == [.opened, .machineOnly])
    }

    /// A provider that does not say whose copy it was says of nobody that he has not opened it.
    @Test func namesNobodyIfTheProviderDoesNot() async throws {
        let world = try await World()
        try await world.open("a@x")
        try await world.find("a@x")
        try await world.judge()
        let line = try #require(try await world.store.status(StatusFilter()).first)
        #expect(line.standing.status == .opened && line.openedBy == nil)
    }
}
