import Foundation
import Host
import IMAP
import Logging
import Mailbox
import Outgoing
import SentSync
import Servers
import Store

/// A selected folder: what its sync asks, what of that is stored, and the keywords that follow from it.
///
/// A class so that a task that waits in it for hours keeps one of it, and not a copy in each of its frames.
/// `@unchecked Sendable`: one task at a time has it.
final class FolderWork: @unchecked Sendable {
    let tools: FolderTools
    let folder: FolderID
    let conversation: Conversation
    private let writer: KeywordWriter
    private let cleaner: SentCopyCleaner?
    private var mayCompress: Bool
    private var pending: PendingChanges
    /// When it was last looked which keywords are to be written.
    private var planned: ContinuousClock.Instant?
    private var hasTrimmed = false
    private var scan = ScanReport()
    /// Of the mail that is awaited.
    private var generation: Int?
    private let isVisit: Bool
    /// Providers tell of mail that has not been looked for here.
    private var isToldOf = false
    /// Being looked for.
    private var seeking: ToldMessages?
    /// How well the moment is known of what the server tells.
    var attention: Attention

    init(
        tools: FolderTools, folder: FolderID, isVisit: Bool, conversation: Conversation, writer: KeywordWriter,
        cleaner: SentCopyCleaner?, attention: Attention
    ) {
        self.tools = tools
        self.isVisit = isVisit
        mayCompress = tools.trust.compresses
        self.folder = folder
        pending = PendingChanges(
            for: folder, in: tools.store, tools.signs, judge: tools.judge, every: tools.commitInterval)
        self.conversation = conversation
        self.writer = writer
        self.cleaner = cleaner
        self.attention = attention
    }

    /// Whether a scan has been under way since this was last asked.
    func hasScanned() -> Bool { scan.takeWhetherThereWasOne() }

    /// Does whatever can be done without waiting for news. Returns whether there was anything. All that was learned is
    /// stored then.
    func settle() async throws -> Bool {
        do {
            let isNew = try await settleAll()
            await scan.end()
            return isNew
        } catch {
            await scan.end()
            var isOrderly = true
            if case MailboxError.cancelled = error { isOrderly = false }
            await pending.end(isOrderly: isOrderly)
            throw error
        }
    }

    private func settleAll() async throws -> Bool {
        var isNew = false
        while true {
            try Task.checkCancellation()
            try await awaitWhatWasSent()
            try await seekWhatIsToldOf()
            // Before anything is written: what was told before would contradict what is read back.
            var isQuiet = try await !keepNews()
            try await compressIfWorthIt()
            // The server of a first scan has something to do meanwhile.
            if conversation.sync.progress != nil { try await conversation.ask() }
            if mayWrite, try await write() { isQuiet = false }
            try await conversation.ask()
            if conversation.isBusy {
                isNew = true
                trimBeforeScan()
                try await takeAnswers()
                await scan.tell(conversation.sync.progress, tools.report)
                continue
            }
            if try await !keepNews(), isQuiet, try await !endSeeking() {
                try await pending.flush()
                attention.settled()
                return isNew
            }
            isNew = true
        }
    }

    /// Between two steps of a long scan the keywords of what is known already are not kept waiting for its end, but neither
    /// are they written at every step.
    private var mayWrite: Bool {
        if conversation.sync.isInDoubt { return false }
        guard conversation.isBusy, let planned else { return true }
        return ContinuousClock.now - planned > Self.planningPause
    }

    private static let planningPause = Duration.milliseconds(500)

    /// Returns whether there were keywords to be written.
    private func write() async throws -> Bool {
        try await pending.flush()
        planned = .now
        let (isWritten, told) = try await writeKeywords()
        try await store(after: told)
        return isWritten
    }

    /// Messages go on being examined meanwhile, and are stored.
    /// - Returns: also what was told of known copies, which is stored after what was written to them.
    private func writeKeywords() async throws -> (isWritten: Bool, told: [Change]) {
        var told: [Change] = []
        defer { pending.add(told, since: attention.since, now: tools.now()) }
        let isWritten = try await writer.write(conversation, since: attention.since, judge: tools.judge) {
            guard generation == nil || generation == tools.awaited.generation else { return }
            told += try await conversation.examineOn()
            guard !told.contains(where: \.isAboutKnownCopies) else { return }
            pending.add(told, since: attention.since, now: tools.now())
            told = []
            try await pending.writeBeside()
        }
        return (isWritten, told)
    }

    /// Asked once: it takes a round trip in which nothing else can be sent, and which a few answers are not worth.
    private func compressIfWorthIt() async throws {
        guard mayCompress, conversation.sync.expectsMuch else { return }
        mayCompress = false
        guard await conversation.connection.canCompress else { return }
        let answer = try await conversation.run([.compress]) { _ in false }.first
        tools.logger.info("compression", metadata: ["answer": "\(answer?.text ?? "")"])
    }

    /// Has the server tell of messages that arrive all that is asked of them first. It may refuse.
    func subscribe() async throws {
        let answer = try await conversation.run([.notify(newMessages: SyncRequest.pushedItems)]) { _ in false }
        let isOn = answer.first?.status == .ok
        tools.logger.info(isOn ? "NOTIFY is on" : "NOTIFY refused", metadata: ["answer": "\(answer.first?.text ?? "")"])
    }

    /// Whether other folders are to be looked through first.
    func hasReason(toLookAt inbox: Inbox?) async throws -> Bool {
        try await inbox?.isWorthALook(conversation) ?? false
    }

    /// Replaces copies that carry their own pixel, once all is settled. Returns whether anything was written.
    func cleanCopies() async throws -> Bool { try await cleaner?.run(conversation) ?? false }

    /// From here on there is as much in memory as there ever will be: what was run to get here need not be. The server has
    /// been asked for the first messages by now.
    private func trimBeforeScan() {
        guard !hasTrimmed, conversation.sync.progress != nil else { return }
        hasTrimmed = true
        Memory.trim()
    }
}

extension FolderWork {
    private func takeAnswers() async throws {
        let answers: [(SyncRequest, Conversation.Outcome)]
        do {
            answers = try await conversation.answers()
        } catch {
            // A server that sends what cannot be read would do so again: the request is cut down for the next session.
            if error.isAboutContent, let request = conversation.oldest {
                try await keep(conversation.sync.failed(request, reason: "\(error)"))
            }
            throw error
        }
        await StopPoint.reached(.answered)
        // What was sent while the server was waited for may be among what has come.
        try await awaitWhatWasSent()
        for (request, outcome) in answers {
            switch outcome {
            case .answered(let took):
                try await keep(conversation.sync.finished(request, took: took))
            case .refused(let refusal, let command):
                if refusal.isTemporary { throw MailboxError.refused(command: command, refusal) }
                tools.logger.warning("request refused", metadata: ["answer": "\(refusal.text)"])
                try await keep(conversation.sync.failed(request, reason: refusal.text))
            case .unreadable(let words):
                tools.logger.warning("answer not read", metadata: ["answer": "\(words)"])
                let reason = "the server's answer cannot be read: \(words)"
                try await keep(conversation.sync.failed(request, reason: reason))
            }
        }
    }

    /// Stores what the server told on its own; returns whether that was anything.
    private func keepNews() async throws -> Bool {
        let news = conversation.sync.drainNews()
        try await keep(news)
        return !news.isEmpty
    }

    func keep(_ changes: [Change]) async throws {
        pending.add(changes, since: attention.since, now: tools.now())
        try await store(after: changes)
    }

    /// Stores what is pending, or begins to.
    private func store(after changes: [Change]) async throws {
        // A copy that is gone may turn up again.
        if changes.contains(where: \.losesCopies) { return try await awaitTheMissing() }
        if conversation.sync.progress == nil {
            try await pending.flush()
        } else {
            try await pending.writeBeside()
        }
    }

    /// Mail that is sent through us is known before its copy comes.
    func awaitWhatWasSent() async throws {
        let generation = tools.awaited.generation
        guard !isVisit, self.generation != generation else { return }
        self.generation = generation
        try await awaitTheMissing()
    }

    private func awaitTheMissing() async throws {
        try await pending.flush()
        conversation.sync.awaited = try await tools.store.messagesWithoutCopy(of: tools.account)
        guard !isVisit else { return }
        let told = try await tools.store.toldMessages(in: folder)
        conversation.sync.told = told.names
        isToldOf = !told.sought.isEmpty
    }

    /// Mail that a provider tells of was mostly filed long before, and nothing in it shows that it is tracked.
    private func seekWhatIsToldOf() async throws {
        guard isToldOf, seeking == nil, conversation.sync.canSeek else { return }
        isToldOf = false
        try await pending.flush()
        let told = try await tools.store.toldMessages(in: folder)
        // Where names cannot be searched for, the days around the first open are looked through.
        let isByName = conversation.sync.policy.searchesText
        conversation.sync.seek(
            told.sought.map { Quarry(messageID: $0.key, sentAt: isByName ? nil : $0.value) })
        seeking = told
    }

    /// Returns whether there is more to be looked for.
    private func endSeeking() async throws -> Bool {
        guard let seeking else { return false }
        conversation.sync.endHunt()
        try await pending.flush()
        try await tools.store.noteSought(seeking, in: folder)
        self.seeking = nil
        return isToldOf
    }
}

extension MailboxError {
    /// Whether it was what the server sent, and not the network, that ended the conversation.
    fileprivate var isAboutContent: Bool {
        switch self {
        case .closed(.syntax), .closed(.tooMuchData): true
        case .closed, .transport, .refused, .unsendable, .cancelled: false
        }
    }
}
