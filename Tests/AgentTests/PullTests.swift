import Foundation
import GRDB
import HitSources
import Logging
import Opens
import Secrets
import TestSupport
import Testing
import Transport

@testable import Agent
@testable import Store

/// Answers of a pixel server that end too early, over a socket and the real libcurl, into a real store.
@Suite(.timeLimit(.minutes(5)))
final class PullTests {
    /// How the end of an answer shows.
    enum Framing: String, CaseIterable, Sendable {
        case length, chunks, close

        /// Octets at the end without which an answer is whole all the same: libcurl does not wait for the line feed behind
        /// the empty chunk.
        var spare: Int { self == .chunks ? 1 : 0 }

        func answer(_ body: String) -> [UInt8] {
            let bytes = Array(body.utf8)
            let start = "HTTP/1.1 200 OK\r\n"
            switch self {
            case .length: return Array("\(start)Content-Length: \(bytes.count)\r\n\r\n".utf8) + bytes
            case .chunks:
                let (first, second) = (body.prefix(body.count / 2), body.dropFirst(body.count / 2))
                let chunks = [first, second, ""].map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }
                return Array("\(start)Transfer-Encoding: chunked\r\n\r\n\(chunks.joined())".utf8)
            case .close: return Array("\(start)Connection: close\r\n\r\n".utf8) + bytes
            }
        }
    }

    private static let poller = Result { () throws(TransportError) in try Poller() }
    private static let log = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
    private let directory = FileManager.default.temporaryDirectory.appending(path: "sentmark-\(UUID())")
    private let store: AgentStore

    init() throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        store = try AgentStore(path: directory.appending(path: "agent.db").path)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    /// Cut at each of its octets, an answer leaves everything as it was; the whole one is stored, once, although the one that
    /// is asked for at once behind it is cut again, and what is asked for is what comes behind the last whole one.
    @Test(arguments: Framing.allCases)
    func anAnswerThatIsCutAnywhereIsAskedForAgain(_ framing: Framing) async throws {
        let pages = [Self.page([1, 2], cursor: "a", more: true), Self.page([5], cursor: "b", more: false)]
        let answers = pages.map(framing.answer)
        let cuts = answers.map { Array(0..<$0.count - framing.spare) }
        let scripts = zip(answers, cuts).flatMap { answer, cuts in
            (cuts + [answer.count]).map {
                [.expect("^GET "), .headers, .send(Array(answer[..<$0])), .close()] as [ScriptStep]
            }
        }
        let server = try await ScriptedServer.start(scripts: scripts)
        let service = SourceService(
            name: "px",
            feed: PullClient(
                url: "http://127.0.0.1:\(server.port)", bearer: Secret("smp1_key"),
                http: HTTPClient(on: try Self.poller.get())),
            store: store, judge: Bell(), accounts: [], awaited: [], begin: Latch(),
            now: { Date(timeIntervalSince1970: 1_795_500_000) },
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        let source = try await store.source(named: "px")

        var connection = 0
        var progress = SourceService.Progress()
        var stored = try await seen(source)
        #expect(stored == Seen(position: SourcePosition(log: nil, cursor: nil, isReadToEnd: false), hits: []))
        let expected = [
            Seen(position: SourcePosition(log: Self.log, cursor: "a", isReadToEnd: false), hits: [1, 2]),
            Seen(position: SourcePosition(log: Self.log, cursor: "b", isReadToEnd: true), hits: [1, 2, 5]),
        ]
        for (page, (cuts, whole)) in zip(cuts, expected).enumerated() {
            // The first of the second page has come already, behind the first page.
            for count in cuts.dropFirst(page) {
                await #expect(throws: PullError.self, "cut at \(count)") {
                    try await service.pull(source, &progress)
                }
                try #require(try await seen(source) == stored, "cut at \(count)")
                connection += 1
            }
            if page == 0 {
                await #expect(throws: PullError.self) { try await service.pull(source, &progress) }
            } else {
                try await service.pull(source, &progress)
            }
            let asked = try await server.received(connection: connection)
            #expect(asked.contains("&after=") == (stored.position.cursor != nil))
            connection += page == 0 ? 2 : 1
            stored = try await seen(source)
            #expect(stored == whole)
        }
        #expect(try await server.connectionCount() == scripts.count)
    }

    private struct Seen: Equatable {
        let position: SourcePosition
        /// Their numbers, each as often as it is there.
        let hits: [Int64]
    }

    private func seen(_ source: SourceID) async throws -> Seen {
        let numbers = try await store.read { try Int64.fetchAll($0, sql: "SELECT seq FROM hit ORDER BY id") }
        return Seen(position: try await store.position(of: source), hits: numbers)
    }

    private static func page(_ numbers: [Int], cursor: String, more: Bool) -> String {
        let hits = numbers.map { #"{"seq":\#($0),"at":"2026-11-23T15:04:05.123Z","token":"abc"}"# }
        return #"{"log":"\#(log)","cursor":"\#(cursor)","hits":[\#(hits.joined(separator: ","))],"more":\#(more)}"#
    }
}
