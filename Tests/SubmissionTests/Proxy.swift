import Logging
import MIME
import Outgoing
import Secrets
import ServiceLifecycle
import Submission
import TestSupport
import Testing
import Tokens
import Transport

typealias Sink = TestSupport.Upstream

/// The proxy on a free port in this process, and the sinks that its accounts send to.
struct Proxy: Sendable {
    static let password = "local secret"
    static let key = StreamKey(Secret(Array(repeating: 7, count: 32)))
    static let pictureBase = "https://px.example.org"
    static let poller = Result { () throws(TransportError) in try Poller(isPreferred: true) }

    /// An account and who sends for it.
    struct Account {
        let name: String
        let sink: Sink
        var log = MemoryLog()
        var sharing = SendingRules.Sharing.shared
        /// How long its provider may take.
        var connectTimeout = Duration.seconds(20)
        var patience = Submission.Upstream.Patience()

        init(_ name: String = "alice", _ sink: Sink) {
            self.name = name
            self.sink = sink
        }
    }

    let port: Int
    private let group: ServiceGroup

    /// Runs until the body is done, and until it has ended after that.
    static func run<Result: Sendable>(
        _ accounts: [Account], _ configure: (inout SubmissionServer.Configuration) -> Void = { _ in },
        _ body: (Proxy) async throws -> Result
    ) async throws -> Result {
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        var configuration = SubmissionServer.Configuration(listen: ("127.0.0.1", 0))
        configuration.listening = { port, isTLS in if !isTLS { found.yield(port) } }
        configure(&configuration)
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let server = try SubmissionServer(
            configuration,
            accounts: SubmissionAccounts(try accounts.map(submissionAccount), password: Secret(password)),
            on: try poller.get(), logger: logger)
        let group = ServiceGroup(services: [server], logger: logger)
        let running = Task {
            defer { found.finish() }
            try await group.run()
        }
        guard let port = await ports.first(where: { _ in true }) else {
            try await running.value
            throw CancellationError()
        }
        do {
            let result = try await body(Proxy(port: port, group: group))
            await group.triggerGracefulShutdown()
            try await running.value
            return result
        } catch {
            await group.triggerGracefulShutdown()
            try? await running.value
            throw error
        }
    }

    /// As a task that can be cancelled; the body ends it.
    static func serve(
        _ accounts: [Account], _ configure: (inout SubmissionServer.Configuration) -> Void,
        _ body: (_ port: Int, _ server: Task<Void, any Error>) async throws -> Void
    ) async throws {
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        var configuration = SubmissionServer.Configuration(listen: ("127.0.0.1", 0))
        configuration.listening = { port, _ in found.yield(port) }
        configure(&configuration)
        let server = try SubmissionServer(
            configuration,
            accounts: SubmissionAccounts(try accounts.map(submissionAccount), password: Secret(password)),
            on: try poller.get(), logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        let running = Task {
            defer { found.finish() }
            try await server.run()
        }
        defer { running.cancel() }
        let port = try #require(await ports.first { _ in true })
        try await body(port, running)
    }

    func client() async throws -> SMTPClient { try await SMTPClient(port: port) }

    func stop() async { await group.triggerGracefulShutdown() }

    private static func submissionAccount(_ account: Account) throws -> SubmissionAccount {
        var options = ConnectionOptions(
            try Endpoint("smtps://127.0.0.1:\(account.sink.tlsPort)"),
            login: .password(user: account.sink.user, Secret(account.sink.password)), caFile: account.sink.caFile)
        options.connectTimeout = account.connectTimeout
        let (open, patience, poller) = (options, account.patience, try poller.get())
        return SubmissionAccount(
            name: account.name, users: [account.name],
            addresses: [try #require(EnvelopeAddress("\(account.name)@example.org"))],
            provider: "smtps://127.0.0.1:\(account.sink.tlsPort)", rules: rules(account), log: account.log
        ) { try await Submission.Upstream.open(open, on: poller, patience: patience) }
    }

    /// Everybody is tracked but at example.org.
    private static func rules(_ account: Account) -> SendingRules {
        var policy = TrackingPolicy()
        policy.track = .always
        policy.own = [EnvelopeAddress("\(account.name)@example.org")].compactMap(\.self)
        policy.ownDomains = ["example.org"]
        var options = InjectionOptions()
        options.short = .inject
        return SendingRules(
            policy: policy, injector: Injector(options: options) { $0.isGenuine(under: key) },
            sharing: account.sharing, pictureBase: pictureBase
        ) { message, recipient in
            StreamID(1).flatMap {
                Token.mint(
                    stream: $0, epoch: 0, key: key, message: message, recipient: recipient, level: .pseudonymous)
            }
        }
    }
}

/// A mail that carries no token, as its header says already.
func plainMail(_ id: String, _ more: String = "") -> [UInt8] {
    Array("Message-ID: <\(id)@example.org>\r\nSubject: plain\r\nPrecedence: bulk\r\n\r\nGood day\r\n\(more)".utf8)
}

/// A mail that gets a token, and its parts before and behind that.
func htmlMail(_ id: String) -> [UInt8] { Array((htmlHead(id) + htmlTail).utf8) }
func htmlHead(_ id: String) -> String {
    "Message-ID: <\(id)@example.org>\r\nDate: Thu, 26 Nov 2026 10:00:00 +0000\r\nSubject: Hello\r\n"
        + "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>Good day</p>"
}
let htmlTail = "</body></html>\r\n"

/// The one picture that is put into ``htmlMail(_:)``; `nil` if anything else differs.
func picture(in message: [UInt8], of id: String) -> String? {
    let text = String(decoding: message, as: UTF8.self)
    guard text.hasPrefix(htmlHead(id)), text.hasSuffix(htmlTail) else { return nil }
    let inserted = text.dropFirst(htmlHead(id).count).dropLast(htmlTail.count)
    return inserted.hasPrefix("<img src=\"\(Proxy.pictureBase)/i/") && inserted.hasSuffix(">") ? String(inserted) : nil
}

/// Asks again until it is so; an error after a minute.
func wait(_ what: String, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, "waited a minute for \(what)")
        try await Task.sleep(for: .milliseconds(5))
    }
}
