import Foundation
import IMAP
import Logging
import Mailbox
import SentSync
import Settings
import Store

/// The folders in which answers to tracked mail arrive: replies that quote its pixel, reports that it came back. Who opens
/// one of these loads the pixel, and that is the account's user.
///
/// They are looked through when a hit has come that may be a person's, and every half hour, over the connection that waits
/// in Sent, which a STATUS spares from leaving it for nothing. They are opened with EXAMINE, and nothing is changed there.
struct Inbox {
    let tools: FolderTools
    let policy: FolderSync.Policy
    let mailboxes: [MailboxName]

    private static let interval = 1800.0
    /// Whoever floods a pixel does not make us ask all the time.
    private static let pause = 2.0
    /// After so many looks that did not come to their end, each message is passed over before it is looked at: what ends the
    /// connection does so once more, and costs no other mail.
    private static let tries = 3

    /// How long until it is time for a look; `nil`: nothing is tracked yet.
    func next() async throws -> Duration? {
        let due = try await tools.store.nextLook(of: tools.account, interval: Self.interval, pause: Self.pause)
        return due.map { .seconds(max(0, $0.timeIntervalSince(tools.now()))) }
    }

    /// Whether the folders are to be looked through now, as far as can be told without leaving the selected one.
    func isWorthALook(_ conversation: Conversation) async throws -> Bool {
        guard let wait = try await next(), wait <= .zero else { return false }
        for mailbox in mailboxes {
            let known = try await tools.store.incomingFolder(mailbox, of: tools.account).state
            guard known.uidNext != nil, known.unseen.isEmpty else { return true }
            var told: MailboxStatus?
            _ = try await conversation.run([Self.question(mailbox)]) { untagged in
                guard case .mailboxStatus(mailbox, let status) = untagged else { return false }
                told = status
                return true
            }
            guard told?.uidNext == known.uidNext, told?.uidValidity == known.uidValidity else { return true }
        }
        try await tools.store.beginLook(of: tools.account, now: tools.now())
        return false
    }

    private static func question(_ mailbox: MailboxName) -> Command { .status(mailbox, [.uidNext, .uidValidity]) }

    /// Another folder is selected afterwards.
    func look(_ connection: any MailConnection) async throws {
        guard let wait = try await next(), wait <= .zero else { return }
        try await tools.store.beginLook(of: tools.account, now: tools.now())
        for mailbox in mailboxes { try await look(through: mailbox, connection) }
    }

    private func look(through mailbox: MailboxName, _ connection: any MailConnection) async throws {
        let folder = try await tools.store.incomingFolder(mailbox, of: tools.account)
        try await tools.store.begin(folder)
        var opened = Selection.Collected()
        let answer = try await connection.run([.examine(mailbox, nil)], each: { opened.add($0) }).first
        if answer?.status == .ok, opened.selected.uidNext == nil {
            // Courier's EXAMINE does not tell it.
            _ = try await connection.run([Self.question(mailbox)]) { untagged in
                if case .mailboxStatus(mailbox, let status) = untagged { opened.selected.uidNext = status.uidNext }
            }
        }
        guard let answer, answer.status == .ok,
            var look = IncomingLook(
                opened.selected, state: folder.state, tracked: try await tools.store.trackedNames(of: tools.account),
                since: try await tools.store.oldestTracked(of: tools.account), policy: policy,
                server: tools.server.policy)
        else {
            tools.logger.warning(
                "no look at incoming mail",
                metadata: ["folder": "\(mailbox.display)", "answer": "\(answer?.text ?? "")"])
            return try await tools.store.end(folder)
        }
        let related: Int
        if folder.tries >= Self.tries {
            related = try await lookOneByOne(look, through: folder, connection)
        } else {
            try await run(&look, connection)
            related = try await keep(look, of: folder)
        }
        tools.logger.info(
            "looked at incoming mail", metadata: ["folder": "\(mailbox.display)", "related": "\(related)"])
    }

    private func lookOneByOne(
        _ look: IncomingLook, through folder: IncomingFolder, _ connection: any MailConnection
    ) async throws -> Int {
        tools.logger.notice("incoming mail looked at one by one", metadata: ["folder": "\(folder.mailbox.display)"])
        var related = 0
        var last: IncomingLook?
        while var one = look.alone(after: last) {
            _ = try await keep(one, of: folder, isOver: false)
            try await run(&one, connection)
            related += try await keep(one, of: folder, isOver: false)
            last = one
        }
        return related + (try await keep(look, of: folder))
    }

    private func run(_ look: inout IncomingLook, _ connection: any MailConnection) async throws {
        let length = tools.server.policy.commandLineLength
        while let command = look.next() {
            let answers = try await connection.run(command.split(maxLineLength: length), each: { look.received($0) })
            // As in Sent: it is the session that ends, and the mail is asked for again.
            if let refusal = answers.first(where: \.isTemporary) {
                throw MailboxError.refused(command: command.name, refusal)
            }
            look.answered()
        }
    }

    /// Returns how many of the messages that were looked at have to do with tracked ones.
    private func keep(_ look: IncomingLook, of folder: IncomingFolder, isOver: Bool = true) async throws -> Int {
        let news = look.news
        if try await tools.store.apply(news, to: folder, isOver: isOver, now: tools.now()) { tools.judge.ring() }
        return news.mail.count
    }
}

extension Inbox {
    /// `nil` if there is nothing to look through.
    init?(tools: FolderTools, policy: FolderSync.Policy, _ wish: Settings.Archives) {
        let mailboxes: [MailboxName]
        switch wish {
        case .automatic: mailboxes = [.inbox]
        case .named(let names): mailboxes = names.map { MailboxName($0) }
        case .nowhere: mailboxes = []
        }
        guard !mailboxes.isEmpty else { return nil }
        self.init(tools: tools, policy: policy, mailboxes: mailboxes)
    }
}
