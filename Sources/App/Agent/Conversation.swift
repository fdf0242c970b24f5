import IMAP
import Mailbox
import SentSync
import Servers

/// What is asked of a server over one connection: requests of the sync, several at once, and other commands beside them.
/// Every untagged response goes to the sync, whoever asked.
final class Conversation {
    /// How a request of the sync ended.
    enum Outcome {
        /// `took`: since the server could begin with it.
        case answered(took: Duration)
        case refused(Completion, command: String)
        /// Something in the answer could not be read: these are its first words.
        case unreadable(String)
    }

    private struct Underway {
        let request: SyncRequest
        let command: String
        let began = ContinuousClock.now
        var open: Set<Tag>
        var refusal: Completion?
        var unreadable: String?

        /// An examination that was answered with OK, and so that all of it could be read.
        var isExamined: Bool { open.isEmpty && refusal == nil && unreadable == nil && request.isExamination }
    }

    let connection: any MailConnection
    let server: MailServer
    var sync: FolderSync
    private var underway: [Underway] = []
    private var lastAnswer = ContinuousClock.now

    init(_ connection: any MailConnection, with server: MailServer, _ sync: FolderSync) {
        self.connection = connection
        self.server = server
        self.sync = sync
    }

    var isBusy: Bool { !underway.isEmpty }

    /// The request that the server is answering.
    var oldest: SyncRequest? { underway.first?.request }

    /// Sends what the sync wants to know, as much as may be under way at once.
    func ask() async throws(MailboxError) {
        guard let first = sync.next() else { return }
        let capabilities = await connection.capabilities
        var next: SyncRequest? = first
        while let request = next {
            let commands = request.commands(
                for: capabilities, policy: server.policy, labels: sync.policy.readsLabels)
            let tags = try await connection.start(commands)
            underway.append(Underway(request: request, command: commands.first?.name ?? "", open: Set(tags)))
            next = sync.next()
        }
    }

    /// Waits until a request has been answered; returns all that have.
    func answers() async throws(MailboxError) -> [(SyncRequest, Outcome)] {
        while !underway.isEmpty, !underway.contains(where: \.open.isEmpty) {
            for event in try await connection.next() { receive(event) }
        }
        let answered = underway.filter(\.open.isEmpty)
        underway.removeAll(where: \.open.isEmpty)
        return answered.map { one in
            let took = timeTaken(by: one)
            if let refusal = one.refusal { return (one.request, .refused(refusal, command: one.command)) }
            if let unreadable = one.unreadable { return (one.request, .unreadable(unreadable)) }
            return (one.request, .answered(took: took))
        }
    }

    /// Goes on with the examination of messages, as far as it has been answered, so that the server always has the next
    /// request at hand. Returns what that has told.
    func examineOn() async throws(MailboxError) -> [Change] {
        let examined = underway.filter(\.isExamined)
        guard !examined.isEmpty else { return [] }
        underway.removeAll(where: \.isExamined)
        var told: [Change] = []
        for one in examined { told += sync.finished(one.request, took: timeTaken(by: one)) }
        try await ask()
        return told
    }

    /// Runs commands beside the requests and returns how each ended, in their order. `takes` sees each untagged response
    /// first; what it takes does not go to the sync.
    func run(
        _ commands: [Command], takes: (Untagged) -> Bool
    ) async throws(MailboxError) -> [Completion] {
        var run = Run(tags: try await connection.start(commands))
        while !run.isOver { try await advance(&run, takes) }
        return run.completions
    }

    /// The same, and `meanwhile` is called each time that something has come.
    func run(
        _ commands: [Command], meanwhile: () async throws -> Void, takes: (Untagged) -> Bool
    ) async throws -> [Completion] {
        var run = Run(tags: try await connection.start(commands))
        while !run.isOver {
            try await advance(&run, takes)
            try await meanwhile()
        }
        return run.completions
    }
}

/// Commands that run beside the requests of the sync.
private struct Run {
    let tags: [Tag]
    var ended: [Tag: Completion] = [:]

    var isOver: Bool { ended.count == tags.count }
    var completions: [Completion] { tags.compactMap { ended[$0] } }
}

extension Conversation {
    private func advance(_ run: inout Run, _ takes: (Untagged) -> Bool) async throws(MailboxError) {
        for event in try await connection.next() {
            switch event {
            case .untagged(let untagged) where takes(untagged): break
            case .finished(let tag, let completion) where run.tags.contains(tag): run.ended[tag] = completion
            case .untagged, .finished, .skipped, .ready, .idling: receive(event)
            }
        }
    }

    private func timeTaken(by one: Underway) -> Duration {
        defer { lastAnswer = .now }
        return ContinuousClock.now - max(one.began, lastAnswer)
    }

    private func receive(_ event: Session.Event) {
        switch event {
        case .untagged(let untagged):
            if case .fetch(let data) = untagged { note(data) }
            sync.received(untagged)
        case .finished(let tag, let completion):
            guard let index = underway.firstIndex(where: { $0.open.contains(tag) }) else { return }
            underway[index].open.remove(tag)
            if completion.status != .ok { underway[index].refusal = underway[index].refusal ?? completion }
        case .skipped(let bytes):
            // Whose answer it was nobody can tell.
            for index in underway.indices where underway[index].request.isConcerned(by: bytes) {
                underway[index].unreadable = underway[index].unreadable ?? Self.quote(bytes)
            }
        case .ready, .idling:
            break
        }
    }

    private func note(_ data: FetchData) {
        guard data.isPartial else { return }
        for index in underway.indices where !underway[index].request.isAnswered(by: data) {
            underway[index].unreadable =
                underway[index].unreadable ?? "FETCH of UID \(data.uid?.description ?? "?")"
        }
    }

    /// The beginning of a response, up to where a message's own words could begin: a log is no place for these.
    private static func quote(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix(80).prefix { !#"([{"\#r\#n"#.utf8.contains($0) }, as: UTF8.self)
    }
}
