import Foundation
import IMAP
import Logging
import Mailbox
import Secrets
import SentSync
import Servers
import Store
import TestSupport
import Testing
import Transport

@testable import Agent

/// What is asked of a server about incoming mail, word for word, over a socket and the real libcurl.
@Suite(.timeLimit(.minutes(2)))
final class InboxTests {
    private static let poller = Result { () throws(TransportError) in try Poller() }
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)
    private static let token = "kaaaaaibencwpcnlzxxqbd4o4jz6d5kig5jhfol6"
    private static let header =
        "UID FLAGS INTERNALDATE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID IN-REPLY-TO REFERENCES FROM CONTENT-TYPE "
        + "AUTO-SUBMITTED X-FAILED-RECIPIENTS)]"

    private let directory = FileManager.default.temporaryDirectory.appending(path: "sentmark-\(UUID())")
    private let store: AgentStore
    private let account: AccountID

    init() async throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        store = try AgentStore(path: directory.appending(path: "agent.db").path)
        account = try await store.account(named: "work")
        let sent = try await store.folder(MailboxName("Sent"), of: account)
        let message = ExaminedMessage(
            uid: 1, flags: [], messageID: "sent@example.net", subject: "S", sentAt: Self.now - 6000,
            recipients: [.init(name: "", address: "bob@example.org")], recipientIsSender: false,
            tokens: [FoundToken(text: Self.token, kind: .own, quoted: false)])
        try await store.apply([.message(message)], to: sent, signs: Signs(.standard), now: Self.now)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private static let login: [ScriptStep] = [
        .send("* OK ready\r\n"), .expect("CAPABILITY$"),
        .send("* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\n{tag} OK listed\r\n"),
        .expect("AUTHENTICATE PLAIN \\S+$"), .send("{tag} OK logged in\r\n"),
        .expect("CAPABILITY$"), .send("* CAPABILITY IMAP4rev1 IDLE\r\n{tag} OK in step\r\n"),
    ]

    private static func exact(_ command: String) -> ScriptStep {
        .expect("\\S+ " + NSRegularExpression.escapedPattern(for: command) + "$")
    }

    /// One look at INBOX, `seconds` after `now`. Returns what the client sent after its login.
    @discardableResult
    private func look(
        _ script: [ScriptStep], at seconds: Double = 0, judge: Bell = Bell()
    ) async throws -> String {
        let server = try await ScriptedServer.start(Self.login + script + [.end])
        let options = ConnectionOptions(
            try Endpoint("imap://127.0.0.1:\(server.port)", cleartext: true),
            login: .password(user: "me@example.org", Secret("correct horse")))
        let connection = try await Connection.open(options, on: Self.poller.get())
        let known = try await MailServer.meet(over: connection, host: options.endpoint.host)
        let time = Self.now + seconds
        let tools = FolderTools(
            account: account, store: store, signs: Signs(.standard), server: known,
            trust: ServerTrust(compresses: false), judge: judge, awaited: AwaitedMail(), cleansSince: nil,
            report: { _ in }, now: { time }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let inbox = Inbox(tools: tools, policy: .init(since: nil) { _ in true }, mailboxes: [.inbox])
        var failure: (any Error)?
        do { try await inbox.look(connection) } catch { failure = error }
        await connection.close()
        try await server.ended()
        if let failure { throw failure }
        #expect(try await server.failure() == nil)
        let sent = try await server.received()
        return sent.split(separator: "\r\n").dropFirst(3).joined(separator: "\n")
    }

    private func folder() async throws -> IncomingFolder { try await store.incomingFolder(.inbox, of: account) }

    private static func literal(_ text: String) -> String { "{\(text.utf8.count)}\r\n\(text)" }

    private static func opened(next: Int) -> [ScriptStep] {
        [
            exact("EXAMINE \"INBOX\""),
            .send("* 2 EXISTS\r\n* OK [UIDVALIDITY 7] .\r\n* OK [UIDNEXT \(next)] .\r\n{tag} OK [READ-ONLY] done\r\n"),
        ]
    }

    private static let reply: [ScriptStep] = {
        let header =
            "From: bob@example.org\r\nIn-Reply-To: <sent@example.net>\r\nContent-Type: multipart/alternative\r\n\r\n"
        let html = "<p>Yes</p><blockquote><img src=\"https://px.example.org/i/\(token).gif\"></blockquote>"
        let fields = "BODY[HEADER.FIELDS (FROM)] " + literal(header)
        return [
            .send("* 2 FETCH (UID 5 FLAGS () INTERNALDATE \"21-Sep-2026 14:13:20 +0000\" \(fields))\r\n{tag} OK .\r\n"),
            exact("UID FETCH 5 (UID BODYSTRUCTURE)"),
            .send(
                "* 2 FETCH (UID 5 BODYSTRUCTURE ((\"text\" \"plain\" NIL NIL NIL \"7bit\" 4 1)"
                    + "(\"text\" \"html\" NIL NIL NIL \"7bit\" \(html.utf8.count) 1) \"alternative\"))\r\n{tag} OK .\r\n"
            ),
            exact("UID FETCH 5 (UID BODY.PEEK[2]<0.262144>)"),
            .send("* 2 FETCH (UID 5 BODY[2]<0> \(literal(html)))\r\n{tag} OK .\r\n"),
        ]
    }()

    @Test func theFirstLookGoesBackToTheOldestTrackedMessage() async throws {
        let judge = Bell()
        let script =
            Self.opened(next: 6) + [
                .expect("UID SEARCH SINCE 20-Sep-2026$"), .send("* SEARCH 3 5\r\n{tag} OK .\r\n"),
                Self.exact("UID FETCH 3,5 (\(Self.header))"),
            ] + Self.reply
        try await look(script, judge: judge)
        #expect(judge.isRung)
        #expect(try await folder().state == IncomingState(uidValidity: 7, uidNext: 6, unseen: UIDSet(5)))
        let report = try #require(try await store.reports(on: "sent@example.net").first)
        #expect(report.incoming.map(\.kind) == [.reply] && report.incoming.first?.isByRecipient == true)
        #expect(report.incoming.first?.showsPixel == true)
    }

    /// The next one asks for what is new, and whether the reply has been read.
    @Test func theNextLookGoesOnFromThere() async throws {
        try await theFirstLookGoesBackToTheOldestTrackedMessage()
        let script =
            Self.opened(next: 9) + [
                Self.exact("UID FETCH 6:8 (\(Self.header))"), .send("{tag} OK .\r\n"),
                Self.exact("UID FETCH 5 (UID FLAGS)"), .send("* 2 FETCH (UID 5 FLAGS (\\Seen))\r\n{tag} OK .\r\n"),
            ]
        try await look(script, at: 4000)
        #expect(try await folder().state == IncomingState(uidValidity: 7, uidNext: 9))
        #expect(try await store.reports(on: "sent@example.net").first?.ownActivity.count == 1)
    }

    @Test func nobodyIsAskedBeforeItIsTime() async throws {
        try await look(Self.opened(next: 1) + [.expect("UID SEARCH"), .send("* SEARCH\r\n{tag} OK .\r\n")])
        #expect(try await look([], at: 1799).contains("EXAMINE") == false)
    }

    @Test func aFolderThatCannotBeOpenedIsNoFailure() async throws {
        try await look([Self.exact("EXAMINE \"INBOX\""), .send("{tag} NO [NONEXISTENT] no such mailbox\r\n")])
        let folder = try await folder()
        #expect(folder.tries == 0 && folder.state == IncomingState())
    }

    /// Courier's EXAMINE does not tell UIDNEXT.
    @Test func whereTheNextUIDIsNotToldItIsAskedFor() async throws {
        try await look([
            Self.exact("EXAMINE \"INBOX\""), .send("* 0 EXISTS\r\n* OK [UIDVALIDITY 7] .\r\n{tag} OK .\r\n"),
            Self.exact("STATUS \"INBOX\" (UIDNEXT UIDVALIDITY)"),
            .send("* STATUS \"INBOX\" (UIDNEXT 4 UIDVALIDITY 7)\r\n{tag} OK .\r\n"),
            .expect("UID SEARCH"), .send("* SEARCH\r\n{tag} OK .\r\n"),
        ])
        #expect(try await folder().state.uidNext == 4)
    }

    /// A message that ends the connection is no reason to end it for ever, nor to pass over what came with it or after it.
    @Test func whatBreaksTheConnectionAgainAndAgainIsPassedOverAlone() async throws {
        try await look(Self.opened(next: 3) + [.expect("UID SEARCH"), .send("* SEARCH\r\n{tag} OK .\r\n")])
        let breaking = Self.opened(next: 5) + [Self.exact("UID FETCH 3:4 (\(Self.header))"), .close()]
        for tries in 1...3 {
            await #expect(throws: MailboxError.self) { try await look(breaking, at: Double(tries) * 4000) }
            #expect(try await folder().tries == tries)
        }
        let first: [ScriptStep] = [Self.exact("UID FETCH 3 (\(Self.header))"), .send("{tag} OK .\r\n")]
        let second: [ScriptStep] = [Self.exact("UID FETCH 4 (\(Self.header))"), .close()]
        await #expect(throws: MailboxError.self) {
            try await look(Self.opened(next: 6) + first + second, at: 16_000)
        }
        #expect(try await folder().state.uidNext == 5)
        try await look(
            Self.opened(next: 6) + [Self.exact("UID FETCH 5 (\(Self.header))")] + Self.reply, at: 20_000)
        let folder = try await folder()
        #expect(folder.tries == 0)
        #expect(folder.state == IncomingState(uidValidity: 7, uidNext: 6, unseen: UIDSet(5)))
        #expect(try await store.reports(on: "sent@example.net").first?.incoming.count == 1)
    }

    /// Nor is a SEARCH, which the last messages are read without.
    @Test func aSearchThatBreaksTheConnectionIsNotAskedForEver() async throws {
        let breaking = Self.opened(next: 6) + [.expect("UID SEARCH"), .close()]
        for tries in 1...3 {
            await #expect(throws: MailboxError.self) { try await look(breaking, at: Double(tries) * 4000) }
        }
        let older: [[ScriptStep]] = (1...4).map {
            [Self.exact("UID FETCH \($0) (\(Self.header))"), .send("{tag} OK .\r\n")]
        }
        try await look(
            Self.opened(next: 6) + older.flatMap(\.self) + [Self.exact("UID FETCH 5 (\(Self.header))")] + Self.reply,
            at: 20_000)
        let folder = try await folder()
        #expect(folder.tries == 0 && folder.state.uidNext == 6)
        #expect(try await store.reports(on: "sent@example.net").first?.incoming.count == 1)
    }

    /// "Not now" is said of the moment and not of the mail: the session ends, and the next one asks again.
    @Test(arguments: ["UNAVAILABLE", "INUSE", "SERVERBUG", "THROTTLED"])
    func whatIsRefusedForTheMomentIsAskedForAgain(code: String) async throws {
        let refused = Self.opened(next: 6) + [.expect("UID SEARCH"), .send("{tag} NO [\(code)] not now\r\n")]
        await #expect(throws: MailboxError.self) { try await look(refused) }
        #expect(try await folder().state.uidNext == nil)
        let found: [ScriptStep] = [
            .expect("UID SEARCH"), .send("* SEARCH 5\r\n{tag} OK .\r\n"), Self.exact("UID FETCH 5 (\(Self.header))"),
        ]
        let refusedLater = Self.opened(next: 6) + found + [.send("{tag} NO [\(code)] not now\r\n")]
        await #expect(throws: MailboxError.self) { try await look(refusedLater, at: 4000) }
        #expect(try await folder().state.uidNext == nil)
        try await look(Self.opened(next: 6) + found + Self.reply, at: 8000)
        #expect(try await folder().tries == 0)
        #expect(try await store.reports(on: "sent@example.net").first?.incoming.count == 1)
    }
}
