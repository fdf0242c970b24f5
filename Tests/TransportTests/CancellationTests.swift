import Secrets
import TestSupport
import Testing

@testable import Transport

/// A cancelled task comes back although the other side never says another word.
@Suite(.timeLimit(.minutes(2)))
struct CancellationTests {
    struct Phase: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var security = ScriptedServer.Security.none
        let script: [ScriptStep]
        /// How many steps are done when the client waits for ever.
        let steps: Int
    }

    static let phases = [
        Phase(testDescription: "greeting", script: [.pass("never")], steps: 0),
        Phase(
            testDescription: "capabilities", script: [.send("* OK\r\n"), .expect("CAPABILITY"), .pass("never")],
            steps: 2),
        Phase(testDescription: "login", script: .greeting() + [.expect("AUTHENTICATE"), .pass("never")], steps: 4),
        Phase(
            testDescription: "handshake",
            script: .greeting("STARTTLS") + [.expect("STARTTLS"), .send("{tag} OK\r\n"), .pass("never")], steps: 5),
    ]

    @Test(arguments: phases)
    func whileOpening(_ phase: Phase) async throws {
        let server = try await ScriptedServer.start(phase.script + [.end])
        let options = try Harness.options(server, cleartext: phase.testDescription != "handshake")
        let poller = try Harness.poller.get()
        let opening = Task { try await ByteStream.open(options, on: poller) }
        try await server.reached(step: phase.steps)
        opening.cancel()
        let error = await #expect(throws: TransportError.self) { try await opening.value }
        #expect(error?.kind == .cancelled)
        // The socket is gone too.
        try await server.open("never")
        try await server.ended()
    }

    @Test func beforeOpening() async throws {
        let options = ConnectionOptions(try Endpoint("imap://127.0.0.1:1", cleartext: true), login: .none)
        let poller = try Harness.poller.get()
        let opening = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            _ = try await ByteStream.open(options, on: poller)
        }
        let error = await #expect(throws: TransportError.self) { try await opening.value }
        #expect(error?.kind == .cancelled)
    }

    @Test func whileReceivingLosesNothing() async throws {
        let server = try await ScriptedServer.start(
            .implicit, .login + [.pass("after"), .send("* 1 EXISTS\r\n"), .end])
        let stream = try await Harness.open(server, .implicit)
        for _ in 0..<20 {
            let receiving = Task { try await stream.receive() }
            receiving.cancel()
            let error = await #expect(throws: TransportError.self) { try await receiving.value }
            #expect(error?.kind == .cancelled)
        }
        try await server.open("after")
        #expect(try await stream.receiveText(atLeast: 12) == "* 1 EXISTS\r\n")
    }

    @Test func whileSendingEndsTheConnection() async throws {
        let server = try await ScriptedServer.start(.implicit, .login + [.pass("never"), .end])
        let stream = try await Harness.open(server, .implicit)
        let sending = Task { try await stream.send([UInt8](repeating: 0, count: 32 << 20)) }
        let receiving = Task { try await stream.receive() }
        sending.cancel()
        let error = await #expect(throws: TransportError.self) { try await sending.value }
        #expect(error?.kind == .cancelled)
        stream.close()
        #expect(try await receiving.value == nil)
        try await server.open("never")
        try await server.ended()
    }
}
