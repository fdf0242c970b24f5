import Foundation
import NIOCore
import Opens
import Synchronization
import TestSupport
import Testing
import Tokens

@testable import PixelServer

struct PullTests {
    @Test(arguments: [
        ("limit=0", "limit"), ("limit=1001", "limit"), ("limit=", "limit"), ("limit=-1", "limit"),
        ("limit=1x", "limit"),
        ("wait=56", "wait"), ("wait=1.5", "wait"), ("after=nonsense", "after"), ("after=%2e", "after"),
        ("since=1", "since"), ("limit=1&limit=2", "limit"),
    ])
    func badParameters(query: String, name: String) async throws {
        try await TestServer.run { server in
            let answer = try server.get("/v1/hits?" + query, [TestServer.authorization(server.state.credential)])
            #expect(answer.status == 400)
            let error = try JSONDecoder().decode([String: String].self, from: Data(answer.body))
            #expect(error["error"] == name)
            #expect(error["detail"]?.isEmpty == false)
        }
    }

    @Test func everyBadKeyGetsTheSame401() async throws {
        try await TestServer.run { server in
            let state = server.state
            let strange = try #require(StreamID(state.credential.stream.rawValue ^ 1))
            let unlisted = try #require(state.secret.credential(for: strange, epoch: 0))
            let epoch = try #require(state.secret.credential(for: state.credential.stream, epoch: 9))
            let mixed = StreamCredential(
                stream: state.credential.stream, epoch: 0, streamKey: unlisted.streamKey, pullKey: unlisted.pullKey)
            let fields =
                [unlisted, epoch, mixed].map { [TestServer.authorization($0)] } + [
                    [], ["Authorization: Bearer "], ["Authorization: Basic eDp5"], ["Authorization: Bearer smp1_aaaa"],
                    [TestServer.authorization(state.credential), TestServer.authorization(state.credential)],
                ]
            let answers = try fields.map { try server.get("/v1/hits?limit=bad", $0) }
            #expect(answers.allSatisfy { $0.status == 401 })
            #expect(Set(answers.map(\.bytes)).count == 1)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func cursorWalksThroughAndSurvivesRestart(_ kind: StoreKind) async throws {
        let state = try await TestState(kind)
        defer { state.remove() }
        let cursor = try await TestServer.run(on: state) { server in
            for message in 1...5 { _ = try server.get("/i/\(server.state.token(UInt64(message))).gif") }
            let first = try server.pull("?limit=3")
            #expect(first.hits.map(\.seq) == [1, 2, 3])
            #expect(first.more)
            return first.cursor
        }
        try await TestServer.run(on: state) { server in
            let rest = try server.pull("?limit=3&after=\(cursor)")
            #expect(rest.hits.map(\.seq) == [4, 5])
            #expect(!rest.more)
            let empty = try server.pull("?after=\(rest.cursor)")
            #expect(empty.hits.isEmpty && empty.cursor == rest.cursor)
            let head = TestServer.authorization(server.state.credential)
            let changed = cursor.dropLast(9) + (cursor.suffix(9).first == "a" ? "b" : "a") + cursor.suffix(8)
            #expect(try server.get("/v1/hits?after=\(changed)", [head]).status == 400)
        }
    }

    @Test func cursorOfAnotherLogIsGone() async throws {
        let cursor = try await TestServer.run { try $0.pull().cursor }
        try await TestServer.run { server in
            let head = TestServer.authorization(server.state.credential)
            let answer = try server.get("/v1/hits?after=\(cursor)", [head])
            #expect(answer.status == 410)
            #expect(answer.text.contains(try server.pull().log))
        }
    }

    @Test func aRestoredLogShowsItself() async throws {
        let state = try TestState()
        defer { state.remove() }
        let backup = state.directory.appendingPathComponent("backup")
        let cursor = try await TestServer.run(on: state) { try $0.pull().cursor }
        try FileManager.default.copyItem(at: state.directory.appendingPathComponent("hits.db"), to: backup)
        let (later, log) = try await TestServer.run(on: state) { server in
            _ = try server.get("/i/\(server.state.token()).gif")
            let page = try server.pull("?after=\(cursor)")
            return (page.cursor, page.log)
        }
        try FileManager.default.removeItem(at: state.directory.appendingPathComponent("hits.db"))
        try FileManager.default.moveItem(at: backup, to: state.directory.appendingPathComponent("hits.db"))
        try await TestServer.run(on: state) { server in
            let head = TestServer.authorization(server.state.credential)
            let answer = try server.get("/v1/hits?after=\(later)", [head])
            #expect(answer.status == 410)
            #expect(try server.pull().log != log)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func nothingIsSkippedUnderConcurrentHits(_ kind: StoreKind) async throws {
        let given = try await TestState(kind)
        defer { given.remove() }
        try await TestServer.run(on: given) { server in
            let state = server.state
            let other = try state.streams.add(
                "b", secret: state.secret, now: state.clock.now, random: systemRandomBytes)
            state.clock.advance(2)
            try server.until(other, opens: true)
            let failures = Mutex(0)
            let done = DispatchGroup()
            for number in 0..<200 {
                done.enter()
                Thread.detachNewThread {
                    defer { done.leave() }
                    let owner = number % 4 == 3 ? other : state.credential
                    let status = try? server.get("/i/\(state.token(UInt64(number), of: owner)).gif").status
                    if status != 200 { failures.withLock { $0 += 1 } }
                }
            }
            var hits: [Hit] = []
            var cursor = ""
            while hits.count < 150 {
                let page = try server.pull("?limit=7&wait=5&after=\(cursor)")
                try #require(!page.hits.isEmpty)
                hits += page.hits
                cursor = page.cursor
            }
            done.wait()
            #expect(failures.withLock { $0 } == 0)
            #expect(zip(hits, hits.dropFirst()).allSatisfy { $0.seq < $1.seq })
            #expect(Set(hits.map(\.token)).count == 150)
            let others = try server.pull("?limit=1000", other).hits
            #expect(others.count == 50)
            #expect((hits + others).map(\.seq).sorted() == Array(1...200))
        }
    }

    @Test(arguments: StoreKind.allCases)
    func longPollWakesForItsStreamAlone(_ kind: StoreKind) async throws {
        let given = try await TestState(kind)
        defer { given.remove() }
        try await TestServer.run(on: given) { server in
            let state = server.state
            let other = try state.streams.add(
                "b", secret: state.secret, now: state.clock.now, random: systemRandomBytes)
            state.clock.advance(2)
            let waiting = try server.client()
            try waiting.send(TestServer.head("/v1/hits?wait=55", [TestServer.authorization(state.credential)]))
            try server.untilPolls(1)
            _ = try server.get("/i/\(state.token(1, of: other)).gif")
            _ = try server.get("/i/\(state.token(2)).gif")
            let page = try TestPage(waiting.answer())
            #expect(page.hits.map(\.token) == [try state.token(2).text])
            // Without news the page is empty, and the cursor stays.
            let empty = try server.pull("?wait=1&after=\(page.cursor)")
            #expect(empty.hits.isEmpty && empty.cursor == page.cursor)
        }
    }

    @Test func longPollsAreCappedAndEndWithTheirClients() async throws {
        try await TestServer.run(configure: { $0.limits.pollsPerStream = 2 }) { server in
            let head = TestServer.head("/v1/hits?wait=55", [TestServer.authorization(server.state.credential)])
            var clients = try (0..<2).map { _ in try server.client() }
            for client in clients { try client.send(head) }
            try server.untilPolls(2)
            let refused = try server.get("/v1/hits?wait=55", [TestServer.authorization(server.state.credential)])
            #expect(refused.status == 429)
            #expect(refused.field("Retry-After") != nil)
            clients.removeLast()
            try server.untilPolls(1)
            #expect(try server.pull().hits.isEmpty)
        }
    }

    @Test func longPollIsAnsweredWhenTheServerStops() async throws {
        let client = try await TestServer.run { server in
            let client = try server.client()
            try client.send(TestServer.head("/v1/hits?wait=55", [TestServer.authorization(server.state.credential)]))
            try server.untilPolls(1)
            return Held(client)
        }
        try await onThread {
            let answer = try client.client.answer()
            #expect(answer.field("Connection") == "close")
            #expect(try TestPage(answer).hits.isEmpty)
        }
    }

    @Test func twoKeysPullAndARetiredOneOnlyCounts() async throws {
        try await TestServer.run { server in
            let state = server.state
            let newer = try state.streams.rotate("main", secret: state.secret, now: state.clock.now)
            state.clock.advance(2)
            let old = try state.token(1)
            let new = try state.token(2, of: newer)
            for token in [old, new] { _ = try server.get("/i/\(token.text).gif") }
            #expect(try server.pull().hits.map(\.token) == [old.text, new.text])
            #expect(try server.pull("", newer).hits.map(\.token) == [old.text, new.text])
            try state.streams.retire("main", now: state.clock.now)
            state.clock.advance(2)
            _ = try server.get("/i/\(old.text).gif")
            #expect(try server.get("/v1/hits", [TestServer.authorization(state.credential)]).status == 401)
            #expect(try server.pull("", newer).hits.map(\.token) == [old.text, new.text, old.text])
            try state.streams.revoke("main", epoch: 0, now: state.clock.now)
            state.clock.advance(2)
            for token in [old, new] { _ = try server.get("/i/\(token.text).gif") }
            #expect(try server.pull("", newer).hits.map(\.token) == [old.text, new.text, old.text, new.text])
        }
    }

    @Test func aLongPollEndsWithItsKey() async throws {
        try await TestServer.run { server in
            let state = server.state
            let newer = try state.streams.rotate("main", secret: state.secret, now: state.clock.now)
            let clients = try [state.credential, newer].map { credential in
                let client = try server.client()
                try client.send(TestServer.head("/v1/hits?wait=55", [TestServer.authorization(credential)]))
                return client
            }
            try server.untilPolls(2)
            try state.streams.retire("main", now: state.clock.now)
            state.clock.advance(2)
            _ = try server.get("/i/\(state.token()).gif")
            #expect(try clients.map { try $0.answer().status } == [401, 200])
        }
    }

    @Test func aKeyIsHeldToItsRate() async throws {
        try await TestServer.run(configure: {
            $0.limits.pullBurst = 3; $0.limits.pullsPerSecond = 1
        }) { server in
            let other = try server.state.streams.rotate(
                "main", secret: server.state.secret, now: server.state.clock.now)
            let agent = TestServer.authorization(server.state.credential)
            let answers = try (0..<10).map { _ in try server.get("/v1/hits", [agent]) }
            #expect(answers.prefix(3).allSatisfy { $0.status == 200 })
            let refused = try #require(answers.first { $0.status == 429 })
            #expect(refused.field("Retry-After") == "1")
            #expect(try server.get("/metrics").text.contains("sentmark_pulls_refused_total{limit=\"rate\"} "))
            // Another key has its own.
            #expect(try server.get("/v1/hits", [TestServer.authorization(other)]).status == 200)
        }
    }

    @Test func allowanceIsFilledEvenly() {
        let start = NIODeadline.now()
        var allowance = PullAllowance(burst: 2, perSecond: 4)
        #expect(allowance.take(now: start) == nil && allowance.take(now: start) == nil)
        #expect(allowance.take(now: start) == 1)
        #expect(allowance.take(now: start + .milliseconds(240)) == 1)
        #expect(allowance.take(now: start + .milliseconds(260)) == nil)
        #expect(allowance.take(now: start + .milliseconds(270)) == 1)
        // Never more than the burst.
        let later = start + .hours(1)
        #expect((0..<3).map { _ in allowance.take(now: later) } == [nil, nil, 1])
        var slow = PullAllowance(burst: 1, perSecond: 1)
        #expect(slow.take(now: start) == nil && slow.take(now: start) == 1)
    }

    @Test func pagesAreGzippedForWhoReadsThat() async throws {
        try await TestServer.run { server in
            for message in 1...40 { _ = try server.get("/i/\(server.state.token(UInt64(message))).gif") }
            let agent = TestServer.authorization(server.state.credential)
            func hits(_ body: [UInt8]) throws -> [Hit] {
                try JSONDecoder().decode(TestPage.self, from: Data(body)).hits
            }
            let plain = try server.get("/v1/hits", [agent])
            let small = try server.get("/v1/hits", [agent, "Accept-Encoding: br, gzip;q=0.5"])
            #expect(plain.field("Content-Encoding") == nil && plain.field("Vary") == "Accept-Encoding")
            #expect(small.field("Content-Encoding") == "gzip" && small.field("Vary") == "Accept-Encoding")
            #expect(small.body.count * 3 < plain.body.count)
            #expect(try hits(gunzip(small.body)) == hits(plain.body))
            // Too short to be worth it.
            let one = try server.get("/v1/hits?limit=1", [agent, "Accept-Encoding: gzip"])
            #expect(one.field("Content-Encoding") == nil)
        }
    }

    @Test(arguments: [
        ([], false), ([""], false), (["gzip"], true), (["br, GZIP"], true), (["x-gzip"], true), (["gzip;q=0"], false),
        (["gzip; q=0.000"], false), (["gzip;q=0.001"], true), (["*"], false), (["identity", "gzip"], true),
        (["gzipped"], false), (["deflate, br;q=1"], false),
    ])
    func acceptEncoding(values: [String], isAccepted: Bool) {
        #expect(Gzip.isAccepted(values) == isAccepted)
    }

    @Test(arguments: [0, 1, 1023, 1 << 20])
    func gzipBringsBackWhatItWasGiven(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
        #expect(try gunzip(#require(Gzip.compressed(bytes))) == bytes)
    }

    @Test func streamsAreReloadedAndRevoked() async throws {
        try await TestServer.run { server in
            let state = server.state
            _ = try server.pull()
            // Seen at once: an unknown stream makes the server look.
            let added = try state.streams.add(
                "new", secret: state.secret, now: state.clock.now, random: systemRandomBytes)
            _ = try server.pull("", added)
            let pixel = try "/i/\(state.token(1, of: added)).gif"
            _ = try server.get(pixel)
            #expect(try server.pull("", added).hits.count == 1)
            try state.streams.revoke("new", now: state.clock.now)
            state.clock.advance(1)
            _ = try server.get(pixel)
            #expect(try server.get("/v1/hits", [TestServer.authorization(added)]).status == 401)
            let again = try state.streams.add(
                "new", secret: state.secret, now: state.clock.now, random: systemRandomBytes)
            #expect(try server.pull("", again).hits.count == 1)
        }
    }
}

/// Passed between threads, used by one at a time.
private final class Held: @unchecked Sendable {
    let client: TestClient
    init(_ client: TestClient) { self.client = client }
}

/// By the system's gzip, which checks the sum as well.
private func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).gz")
    try Data(bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", file.path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return Array(text)
}

extension TestServer {
    /// Waits until the server knows of the stream, or knows no more of it.
    func until(_ credential: StreamCredential, opens: Bool) throws {
        while try (get("/v1/hits", [Self.authorization(credential)]).status != 401) != opens { continue }
    }

    /// Waits until that many pulls are in progress.
    func untilPolls(_ count: Int) throws {
        while try !get("/metrics").text.contains("\nsentmark_polls_waiting \(count)\n") { continue }
    }
}
