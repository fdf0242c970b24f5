import Foundation
import Logging
import Opens
import Secrets
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing
import Tokens

@testable import PixelServer

/// A clock that tests turn.
final class TestClock: Sendable {
    private let date = Mutex(Date(timeIntervalSince1970: 1_795_446_245.123))
    var now: Date { date.withLock { $0 } }
    func advance(_ seconds: TimeInterval) { date.withLock { $0 += seconds } }
}

/// Where hits are kept.
enum StoreKind: String, CaseIterable, Sendable {
    case sqlite, postgres
}

/// A state directory with a secret and one stream, `main`; with PostgreSQL also a database.
struct TestState: Sendable {
    let directory: URL
    let database: PostgresServer?
    let databaseName: String
    let secret: ServerSecret
    let credential: StreamCredential
    let clock = TestClock()
    var streams: Streams { database.map { Streams(PostgresStreams($0)) } ?? Streams(stateDirectory: directory) }

    var streamFile: URL { StreamFile(stateDirectory: directory).url }

    static var secret: ServerSecret {
        get throws { try #require(ServerSecret(Secret([UInt8](repeating: 7, count: 32)))) }
    }

    init(_ kind: StoreKind) async throws {
        let database = kind == .postgres ? try await PrivatePostgres.shared().database() : nil
        try self.init(database)
    }

    init(_ given: PrivatePostgres.Database? = nil) throws {
        database = given.map { PostgresServer(url: $0.socket, encrypts: false) }
        databaseName = given?.name ?? ""
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("pixel-\(UUID().uuidString)")
        secret = try Self.secret
        let streams = database.map { Streams(PostgresStreams($0)) } ?? Streams(stateDirectory: directory)
        credential = try streams.add("main", secret: secret, now: clock.now, random: systemRandomBytes)
    }

    func token(
        _ message: UInt64 = 1, of other: StreamCredential? = nil, level: PrivacyLevel = .pseudonymous
    ) throws -> Token {
        let owner = other ?? credential
        return try #require(
            Token.mint(
                stream: owner.stream, epoch: owner.epoch, key: owner.streamKey, message: message, level: level))
    }

    func log(_ options: HitLog.Options = HitLog.Options()) throws(PixelServerError) -> HitLog {
        try HitLog(directory: directory, options: options, random: systemRandomBytes)
    }

    /// Of either kind.
    func store(_ options: HitLog.Options = HitLog.Options()) throws(PixelServerError) -> any HitStore {
        guard let database else { return try log(options) }
        return try PostgresHitLog(server: database, options: options, random: systemRandomBytes)
    }

    func request(_ token: Token, from network: String = "192.0.2.0/24") throws -> RecordedRequest {
        RecordedRequest(
            at: clock.now, token: token, method: "GET", network: try #require(IPPrefix(network)), selfNet: true,
            userAgent: "Agent\u{1b}[31m/1\r\n é",
            traits: RequestTraits(
                netclass: NetworkClass(rawValue: "residential"), asn: 64_496,
                family: ClientFamily(rawValue: "thunderbird"), signals: [.acceptLanguage]))
    }

    func remove() { try? FileManager.default.removeItem(at: directory) }
}

struct TestServer: Sendable {
    let state: TestState
    let port: Int
    let server: PixelServer
    /// Of the operations' listener, if there is one.
    var operationsPort = 0

    /// Runs a server on a free port and the body on a thread of its own, where it may block; stops the server.
    static func run<Result: Sendable>(
        on given: TestState? = nil, configure: (inout PixelServer.Configuration) -> Void = { _ in },
        classify: @escaping Classify = TestServer.families, _ body: @escaping @Sendable (TestServer) throws -> Result
    ) async throws -> Result {
        try await runAsync(on: given, configure: configure, classify: classify) { test in
            try await onThread { try body(test) }
        }
    }

    /// The same with a body that blocks nowhere itself.
    static func runAsync<Result: Sendable>(
        on given: TestState? = nil, configure: (inout PixelServer.Configuration) -> Void = { _ in },
        classify: @escaping Classify = TestServer.families, _ body: (TestServer) async throws -> Result
    ) async throws -> Result {
        let state = try given ?? TestState()
        defer { if given == nil { state.remove() } }
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let operations = Mutex(0)
        var configuration = PixelServer.Configuration(
            host: "127.0.0.1", port: 0, publicURL: "http://127.0.0.1", stateDirectory: state.directory)
        configuration.database = state.database
        configuration.trustedProxies = [try #require(IPPrefix("127.0.0.0/8"))]
        configuration.operationsListening = { found in operations.withLock { $0 = found } }
        configuration.listening = { port.yield($0) }
        configure(&configuration)
        var logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        logger.logLevel = .critical
        let clock = state.clock
        let server = try PixelServer(
            configuration: configuration, secret: state.secret, classify: classify, logger: logger, now: { clock.now })
        let group = ServiceGroup(services: [server], logger: logger)
        let running = Task {
            defer { port.finish() }
            try await group.run()
        }
        guard let first = await ports.first(where: { _ in true }) else {
            try await running.value
            throw CancellationError()
        }
        do {
            let test = TestServer(
                state: state, port: first, server: server, operationsPort: operations.withLock { $0 })
            let result = try await body(test)
            await group.triggerGracefulShutdown()
            try await running.value
            return result
        } catch {
            await group.triggerGracefulShutdown()
            try? await running.value
            throw error
        }
    }

    static let families: Classify = { facts in
        RequestTraits(
            netclass: facts.address.isIPv4 ? NetworkClass(rawValue: "four") : .googleProxy,
            family: ClientFamily(rawValue: facts.userAgent == nil ? "none" : "some"))
    }

    static let signals: Classify = { facts in
        RequestTraits(signals: Signal.signals(headers: facts.headers, method: facts.method))
    }

    func client() throws -> TestClient { try TestClient(port: port) }

    /// One request on a connection of its own.
    func get(_ path: String, method: String = "GET", _ headers: [String] = []) throws -> TestClient.Answer {
        let client = try client()
        try client.send(TestServer.head(path, method: method, headers))
        return try client.answer(to: method)
    }

    /// The same at the operations' listener.
    func operations(_ path: String, method: String = "GET") throws -> TestClient.Answer {
        let client = try TestClient(port: operationsPort)
        try client.send(TestServer.head(path, method: method))
        return try client.answer(to: method)
    }

    func pull(_ query: String = "", _ credential: StreamCredential? = nil) throws -> TestPage {
        try TestPage(get("/v1/hits" + query, [TestServer.authorization(credential ?? state.credential)]))
    }

    static func head(_ path: String, method: String = "GET", _ headers: [String] = []) -> String {
        (["\(method) \(path) HTTP/1.1", "Host: px.example.org"] + headers).joined(separator: "\r\n") + "\r\n\r\n"
    }

    static func authorization(_ credential: StreamCredential) -> String {
        "Authorization: Bearer " + credential.bearer.text.reveal { String(decoding: $0, as: UTF8.self) }
    }
}

struct TestPage: Decodable {
    let log: String
    let cursor: String
    let hits: [Hit]
    let more: Bool

    init(_ answer: TestClient.Answer) throws {
        try #require(answer.status == 200, "\(answer.text)")
        self = try JSONDecoder().decode(TestPage.self, from: Data(answer.body))
    }
}

func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
    }
}
