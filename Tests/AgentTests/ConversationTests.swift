import IMAP
import Mailbox
import MailboxModel
import SentSync
import Servers
import Testing

@testable import Agent

/// What goes on beside keywords that are being written.
struct ConversationTests {
    /// Messages with HTML, one to a request.
    private static func mailbox(of count: Int) -> MailboxModel {
        var mailbox = MailboxModel()
        for number in 1...count {
            mailbox.append(
                "Subject: \(number)\nMessage-ID: <\(number)@example.net>\nContent-Type: text/html\n\n<p>Hi\n")
        }
        return mailbox
    }

    private static func begun(_ mailbox: MailboxModel, _ state: FolderState = FolderState()) -> Conversation {
        var policy = FolderSync.Policy(since: nil) { _ in true }
        policy.chunk = 1
        var sync = FolderSync(state: state, policy: policy)
        // Without HIGHESTMODSEQ: flags of known copies are read anew.
        _ = sync.begin(
            .init(
                uidValidity: UIDValidity(mailbox.uidValidity), uidNext: UID(mailbox.uidNext), highest: nil,
                exists: mailbox.exists))
        return Conversation(
            ModelledConnection(mailbox),
            with: MailServer(ServerIdentity(host: "", greeting: Greeting(), capabilities: mailbox.capabilities)), sync)
    }

    private static let mark = Command.uidStore(UIDSet(1...1), .add, [Flag(spelling: "opened")])

    @Test func messagesGoOnBeingExaminedWhileKeywordsAreWritten() async throws {
        let conversation = Self.begun(Self.mailbox(of: 12))
        try await conversation.ask()
        for (request, _) in try await conversation.answers() { _ = conversation.sync.finished(request) }
        try await conversation.ask()
        var told: [Change] = []
        let ends = try await conversation.run(
            [Self.mark], meanwhile: { told += try await conversation.examineOn() }, takes: { _ in false })
        #expect(ends.map(\.status) == [.ok])
        // Four requests of a header were under way, and each was followed by that for the structure.
        #expect(
            await (conversation.connection as? ModelledConnection)?.log == [
                "UID SEARCH", "UID SEARCH.",
                "UID FETCH", "UID FETCH", "UID FETCH", "UID FETCH", "UID STORE",
                "UID FETCH.", "UID FETCH", "UID FETCH.", "UID FETCH", "UID FETCH.", "UID FETCH",
                "UID FETCH.", "UID FETCH", "UID STORE.",
            ])
    }

    @Test func whatIsToldOfKnownCopiesIsNotTakenMeanwhile() async throws {
        let mailbox = Self.mailbox(of: 3)
        var state = FolderState()
        state.uidValidity = UIDValidity(mailbox.uidValidity)
        state.uidNext = UID(mailbox.uidNext)
        state.scanComplete = true
        state.tracked = UIDSet(1...2)
        let conversation = Self.begun(mailbox, state)
        try await conversation.ask()
        #expect(conversation.oldest == .review(UIDSet(1...2)))
        var told: [Change] = []
        _ = try await conversation.run(
            [Self.mark], meanwhile: { told += try await conversation.examineOn() }, takes: { _ in true })
        #expect(told.isEmpty)
        #expect(try await conversation.answers().map(\.0) == [.review(UIDSet(1...2))])
    }
}

/// Answers one command after another, as a server does, each with what it has been asked by then.
private actor ModelledConnection: MailConnection {
    nonisolated let greeting = Greeting()
    private var mailbox: MailboxModel
    private var queue: [(IMAP.Tag, Command)] = []
    private var started = 0
    /// Names of commands as they were started, and with a point as they ended.
    private(set) var log: [String] = []

    init(_ mailbox: MailboxModel) { self.mailbox = mailbox }

    var capabilities: Capabilities { mailbox.capabilities }
    var enabled: Set<Capability> { [] }
    var canCompress: Bool { false }
    var isCompressed: Bool { false }

    func restrict(idle: Duration, commandsInFlight: Int) {}
    func finishIdle() {}

    func start(_ commands: [Command]) throws(MailboxError) -> [IMAP.Tag] {
        commands.map { command in
            started += 1
            log.append(command.name)
            queue.append((IMAP.Tag("a\(started)"), command))
            return IMAP.Tag("a\(started)")
        }
    }

    func next() throws(MailboxError) -> [Session.Event] {
        guard !queue.isEmpty else { throw .cancelled }
        let (tag, command) = queue.removeFirst()
        let (untagged, completion) = mailbox.answer(command)
        log.append(command.name + ".")
        return untagged.map { .untagged($0) } + [.finished(tag, completion)]
    }
}
