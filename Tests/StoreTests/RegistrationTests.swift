import Foundation
import IMAP
import MIME
import Opens
import Outgoing
import Secrets
import SentSync
import Testing
import Tokens

@testable import Store

/// Mail that is written down before it is sent.
@Suite struct RegistrationTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)
    private static let mail = Array(
        "Message-ID: <1@example.org>\r\nSubject: Hello\r\nTo: Ann <ann@far.example>\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n"
            .utf8)

    private func plan(_ sharing: SendingRules.Sharing, message: UInt64 = 5, to recipients: [EnvelopeAddress])
        -> SendingPlan
    {
        var policy = TrackingPolicy()
        policy.track = .always
        policy.exclude = [AddressPattern("*@private.example")].compactMap(\.self)
        let key = StreamKey(Secret(Array(repeating: 7, count: 32)))
        let rules = SendingRules(
            policy: policy, injector: Injector(options: InjectionOptions()) { _ in false }, sharing: sharing,
            pictureBase: "https://px.example.org"
        ) { message, recipient in
            StreamID(1).flatMap {
                Token.mint(stream: $0, epoch: 0, key: key, message: message, recipient: recipient, level: .minimal)
            }
        }
        let draft = rules.draft(Self.mail, sender: EnvelopeAddress("me@example.org"), recipients: recipients)
        return rules.plan(for: Self.mail, draft, isComplete: true, message: message)
    }

    private func addresses(_ texts: String...) -> [EnvelopeAddress] { texts.compactMap { EnvelopeAddress($0) } }

    private func registration(_ sharing: SendingRules.Sharing = .shared, message: UInt64 = 5) -> Registration {
        let recipients = addresses("ann@far.example", "ben@far.example")
        return Registration(
            way: .smtp, recipients: recipients, plan: plan(sharing, message: message, to: recipients),
            contentHash: sharing == .each ? [1, 2, 3] : nil)
    }

    private func copy(_ uid: UInt32, id: String, tokens: [FoundToken] = []) -> ExaminedMessage {
        ExaminedMessage(
            uid: .init(uid), flags: [], messageID: id, subject: "Hello", sentAt: Self.now, recipients: [],
            recipientIsSender: false, tokens: tokens)
    }

    @Test func aCleanCopyIsKnownByItsMessageID() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let account = try await store.account(named: "work")
        _ = try await OutgoingLedger(store).register(registration(), of: account, now: Self.now)
        #expect(try await store.messagesWithoutCopy(of: account) == ["1@example.org"])
        let folder = try await store.folder(MailboxName("Sent"), of: account)
        try await store.apply(
            [.message(copy(1, id: "1@example.org"))], to: folder, signs: Signs(.standard), now: Self.now)
        let report = try #require(try await store.reports(on: "1@example.org").first)
        #expect(report.tracked && report.tokens.map(\.kind) == ["own"] && report.line.flags == [])
        #expect(report.line.recipients == ["Ann", "ben@far.example"])
        #expect(try await store.planningTask(for: folder, signs: Signs(.standard)).copies.count == 1)
    }

    /// What the server files is what was submitted, under a name of its own.
    @Test func aCopyWithTheTokenAndAnotherNameIsTheSameMessage() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let account = try await store.account(named: "work")
        let mail = registration(.each)
        _ = try await OutgoingLedger(store).register(mail, of: account, now: Self.now)
        let token = try #require(mail.recipients.last?.token)
        let folder = try await store.folder(MailboxName("Sent"), of: account)
        let found = copy(1, id: "other@provider", tokens: [FoundToken(text: token, kind: .own, quoted: false)])
        try await store.apply([.message(found)], to: folder, signs: Signs(.standard), now: Self.now)
        #expect(try await store.status(StatusFilter()).map(\.messageID) == ["1@example.org"])
    }

    @Test func hitsOnEveryRecipientsTokenAreTheMessages() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let account = try await store.account(named: "work")
        let mail = registration(.each)
        _ = try await OutgoingLedger(store).register(mail, of: account, now: Self.now)
        let tokens = mail.recipients.compactMap(\.token)
        #expect(tokens.count == 2)
        let source = try await store.source(named: "px")
        let hits = tokens.enumerated().map { Hit(seq: Int64($0 + 1), at: Self.now + 600, token: $1) }
        try await store.append(hits, log: "L", cursor: "c", isEnd: true, from: source, now: Self.now)
        #expect(try await store.reports(on: "1@example.org").first?.hits.count == 2)
    }

    @Test func saysWhoOfThemHasOpenedIt() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let account = try await store.account(named: "work")
        let mail = registration(.each)
        let id = try await OutgoingLedger(store).register(mail, of: account, now: Self.now)
        try await OutgoingLedger(store).finish(id, .init(.accepted, reply: "250 ok"))
        #expect(try await store.status(StatusFilter()).map(\.openedBy) == [OpenedBy(count: 0, of: 2)])
        let source = try await store.source(named: "px")
        let thunderbird = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.5.0"
        let token = try #require(mail.recipients.last?.token)
        let hit = Hit(
            seq: 1, at: Self.now + 3_600, token: token, method: "GET", net: "aa", ua: thunderbird,
            family: ClientFamily(userAgent: thunderbird))
        try await store.append([hit], log: "L", cursor: "c", isEnd: true, from: source, now: Self.now + 3_600)
        let tasks = try await store.judgingTasks(now: Self.now + 7_200, rules: 1)
        let judged = tasks.map { (OpensEngine.judge($0.history, now: Self.now + 7_200), $0) }
        _ = try await store.save(judged, rules: 1)
        let line = try #require(try await store.status(StatusFilter()).first)
        #expect(line.standing.status == .opened && line.openedBy == OpenedBy(count: 1, of: 2))
        let report = try #require(try await store.reports(on: "1@example.org").first)
        #expect(report.recipients.map(\.address) == ["ann@far.example", "ben@far.example"])
        #expect(report.recipients.map(\.status) == [.unknown, .opened])
    }

    /// One token for all says nothing of who it was.
    @Test func aSharedTokenNamesNobody() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let account = try await store.account(named: "work")
        try await OutgoingLedger(store).register(registration(), of: account, now: Self.now)
        #expect(try await store.status(StatusFilter()).map(\.openedBy) == [nil])
        #expect(try await store.reports(on: "1@example.org").first?.recipients.isEmpty == true)
    }

    @Test func whatNobodyAcceptedIsForgotten() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let account = try await store.account(named: "work")
        let first = try await OutgoingLedger(store).register(registration(), of: account, now: Self.now)
        try await OutgoingLedger(store).finish(first, .init(.refused, reply: "550 no"))
        #expect(try await store.status(StatusFilter()).isEmpty)
        #expect(try await store.outgoing(named: "<1@example.org>").map(\.state) == [.refused])
        // Sent again, and accepted: the earlier refusal takes nothing away.
        let second = try await OutgoingLedger(store).register(registration(message: 6), of: account, now: Self.now + 1)
        let third = try await OutgoingLedger(store).register(registration(message: 7), of: account, now: Self.now + 2)
        try await OutgoingLedger(store).finish(second, .init(.accepted, reply: "250 ok", providerID: "new@provider"))
        try await OutgoingLedger(store).finish(third, .init(.refused, reply: "550 no"))
        #expect(try await store.status(StatusFilter()).count == 1)
        let reports = try await store.outgoing(named: "1@example.org")
        #expect(reports.map(\.state) == [.refused, .accepted, .refused])
        #expect(reports[1].providerID == "new@provider" && reports[1].reply == "250 ok")
        #expect(try await store.reports(on: "1@example.org").first?.tokens.count == 2)
    }

    @Test func whatMayHaveBeenAcceptedIsKept() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let account = try await store.account(named: "work")
        let id = try await OutgoingLedger(store).register(registration(), of: account, now: Self.now)
        try await OutgoingLedger(store).finish(id, .init(.uncertain, reply: "451 no answer"))
        #expect(try await store.status(StatusFilter()).count == 1)
    }

    @Test func whoHasTheMailAlreadyIsKnown() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let account = try await store.account(named: "work")
        let id = try await OutgoingLedger(store).register(registration(.each), of: account, now: Self.now)
        try await OutgoingLedger(store).delivered([1], of: id)
        try await OutgoingLedger(store).finish(id, .init(.partial, reply: "451 later"))
        func delivered(_ hash: [UInt8], since: Date = RegistrationTests.now) async throws -> Set<String> {
            try await store.recipientsDelivered("1@example.org", contentHash: hash, of: account, since: since)
        }
        #expect(try await delivered([1, 2, 3]) == ["ben@far.example"])
        #expect(try await delivered([1, 2, 4]).isEmpty)
        #expect(try await delivered([1, 2, 3], since: Self.now + 1).isEmpty)
        try await OutgoingLedger(store).finish(id, .init(.accepted, reply: "250 ok"))
        #expect(try await delivered([1, 2, 3]).isEmpty)
    }

    /// Many at once, one of which cannot be written.
    @Test func whatComesTogetherIsWrittenTogether() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let account = try await store.account(named: "work")
        let ledger = OutgoingLedger(store)
        let ids = try await withThrowingTaskGroup(of: OutgoingID?.self) { group in
            for number in 0..<50 {
                // The schema knows of no such account.
                let owner = number == 25 ? AccountID(rawValue: 77) : account
                let mail = registration(message: UInt64(number))
                group.addTask { try? await ledger.register(mail, of: owner, now: Self.now) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(ids.count { $0 == nil } == 1 && Set(ids.compactMap(\.self)).count == 49)
        #expect(try await store.outgoing(named: "1@example.org").count == 20)
        #expect(try await store.reports(on: "1@example.org").first?.tokens.count == 49)
    }

    @Test func theLogForgetsAndTheMessageStays() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let account = try await store.account(named: "work")
        try await OutgoingLedger(store).register(registration(), of: account, now: Self.now)
        try await OutgoingLedger(store).register(registration(message: 6), of: account, now: Self.now + 10)
        try await store.forgetOutgoing(before: Self.now + 10)
        #expect(try await store.outgoing(named: "1@example.org").map(\.at) == [Self.now + 10])
        #expect(try await store.reports(on: "1@example.org").first?.tokens.count == 2)
    }

    @Test func saysWhyAMailCarriesNone() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let account = try await store.account(named: "work")
        let recipients = addresses("ann@far.example", "cid@private.example")
        let mail = Registration(way: .outbox, recipients: recipients, plan: plan(.shared, to: recipients))
        _ = try await OutgoingLedger(store).register(mail, of: account, now: Self.now)
        #expect(try await store.status(StatusFilter()).isEmpty)
        let report = try #require(try await store.outgoing(named: "1@example.org").first)
        #expect(report.recipients.map(\.reason) == [.policy(.excluded), .policy(.excluded)])
        #expect(report.recipients.allSatisfy { $0.token == nil } && report.way == .outbox)
    }
}
