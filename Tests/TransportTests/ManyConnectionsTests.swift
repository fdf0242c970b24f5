import Foundation
import Secrets
import TestSupport
import Testing

@testable import Transport

/// What connections cost this process. Others run beside these tests: the limits are far from what a leak would make.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct ManyConnectionsTests {
    private static func count(_ directory: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: directory).count
    }

    @Test func waitingCostsNoThread() async throws {
        let server = try await ScriptedServer.start(.login + [.pass("bell"), .send("* 1 EXISTS\r\n"), .end])
        let threads = try Self.count("/proc/self/task")
        var streams: [ByteStream] = []
        for _ in 0..<200 { streams.append(try await Harness.open(server)) }
        let receiving = streams.map { stream in Task { try await stream.receiveText(atLeast: 12) } }
        #expect(try Self.count("/proc/self/task") < threads + 20)
        try await server.open("bell")
        for task in receiving { #expect(try await task.value == "* 1 EXISTS\r\n") }
    }

    @Test func nothingIsLeftOpen() async throws {
        let server = try await ScriptedServer.start(
            scripts: (0..<500).map { number in
                switch number % 5 {
                case 0: .login + [.end]
                case 1: .login + [.close()]
                case 2: .greeting() + [.expect("AUTHENTICATE"), .send("{tag} NO no\r\n"), .end]
                case 3: [.reset]
                default: .login + [.reset]
                }
            })
        let before = try Self.count("/proc/self/fd")
        for _ in 0..<500 { _ = try? await Harness.open(server) }
        #expect(try await eventually { try Self.count("/proc/self/fd") < before + 50 })
        #expect(try await server.connectionCount() == 500)
    }

    @Test func cancelledAttemptsLeaveNothingOpen() async throws {
        let server = try await ScriptedServer.start([.end])
        let options = try Harness.options(server)
        let poller = try Harness.poller.get()
        let before = try Self.count("/proc/self/fd")
        let attempts = (0..<100).map { _ in Task { try await ByteStream.open(options, on: poller) } }
        for attempt in attempts {
            attempt.cancel()
            _ = try? await attempt.value
        }
        #expect(try await eventually { try Self.count("/proc/self/fd") < before + 50 })
    }
}
