import Secrets
import TestSupport
import Testing

@testable import Transport

/// Real libcurl, real sockets: what happens after the login. The traps are those of libcurl's CONNECT_ONLY mode.
@Suite(.timeLimit(.minutes(2)))
struct ByteStreamTests {
    static let securities: [ScriptedServer.Security] = [.none, .implicit, .starttls]

    @Test(arguments: securities)
    func deliversWhatComesAfterTheLogin(_ security: ScriptedServer.Security) async throws {
        let server = try await ScriptedServer.start(
            security, .login(security) + [.pass("after"), .send("* 5 EXISTS\r\n"), .end])
        let stream = try await Harness.open(server, security)
        try await server.open("after")
        #expect(try await stream.receiveText(atLeast: 12) == "* 5 EXISTS\r\n")
    }

    @Test(arguments: [ScriptedServer.Security.none, .implicit])
    func deliversADribble(_ security: ScriptedServer.Security) async throws {
        let text = "* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n* 2 FETCH (UID 2 FLAGS ())\r\n"
        let script = [ScriptStep].login + [.pass("after"), .send(text, cut: 1), .end]
        let server = try await ScriptedServer.start(security, script)
        let stream = try await Harness.open(server, security)
        try await server.open("after")
        #expect(try await stream.receiveText(atLeast: text.utf8.count) == text)
    }

    /// One TLS record that fills more than one read: the rest lies in the TLS library and the socket is silent.
    @Test(arguments: [9_000, 16_384, 100_000])
    func deliversAllOfARecord(_ count: Int) async throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let server = try await ScriptedServer.start(.implicit, .login + [.pass("after"), .send(bytes), .end])
        let stream = try await Harness.open(server, .implicit)
        try await server.open("after")
        #expect(try await stream.receive(atLeast: count) == bytes)
    }

    @Test(arguments: securities)
    func sendsWhileTheOtherSideDoesNotRead(_ security: ScriptedServer.Security) async throws {
        // More than fits into the kernel's buffers, so that the same bytes are offered again and again.
        let upload = 12 << 20
        let news = [UInt8](repeating: UInt8(ascii: "n"), count: 300_000)
        let server = try await ScriptedServer.start(
            security,
            .login(security) + [.pass("news"), .send(news), .pass("read"), .read(upload), .send("done"), .end])
        let stream = try await Harness.open(server, security)
        let sending = Task { try await stream.send([UInt8](repeating: UInt8(ascii: "u"), count: upload)) }
        try await server.open("news")
        #expect(try await stream.receive(atLeast: news.count) == news)
        try await server.open("read")
        try await sending.value
        #expect(try await stream.receiveText(atLeast: 4) == "done")
        #expect(try await server.failure() == nil)
    }

    @Test(arguments: [ScriptedServer.Security.none, .implicit])
    func readsAndWritesAtOnce(_ security: ScriptedServer.Security) async throws {
        let server = try await ScriptedServer.start(security, .login + [.echo])
        let stream = try await Harness.open(server, security)
        let bytes = (0..<(8 << 20)).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let sending = Task { try await stream.send(bytes) }
        #expect(try await stream.receive(atLeast: bytes.count) == bytes)
        try await sending.value
    }

    @Test(arguments: [ScriptedServer.Security.none, .implicit])
    func stopsReadingWhenNobodyReceives(_ security: ScriptedServer.Security) async throws {
        let count = 48 << 20
        let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: count)
        let server = try await ScriptedServer.start(
            security, .login + [.pass("after"), .send(bytes), .close()])
        let stream = try await Harness.open(server, security)
        try await server.open("after")
        // Time enough to read it all, were there no limit; how much of it the kernel takes is its own affair.
        try? await server.reached(step: 7, within: 1)
        var total = 0
        var largest = 0
        while let more = try await stream.receive() {
            total += more.count
            largest = max(largest, more.count)
        }
        #expect(total == count)
        #expect(largest <= Connection.inboxLimit + (256 << 10))
    }

    @Test(arguments: [true, false])
    func sendsInOrder(_ isTLS: Bool) async throws {
        let server = try await ScriptedServer.start(isTLS ? .implicit : .none, .login + [.echo])
        let stream = try await Harness.open(server, isTLS ? .implicit : .none)
        var expected = ""
        for number in 0..<200 {
            let line = "x\(number) NOOP\r\n"
            expected += line
            try await stream.send(Array(line.utf8))
        }
        #expect(try await stream.receiveText(atLeast: expected.utf8.count) == expected)
    }

    enum Ending: CaseIterable, Sendable { case close, farewell, reset }

    @Test(arguments: [ScriptedServer.Security.none, .implicit], Ending.allCases)
    func endsAfterTheLastByte(_ security: ScriptedServer.Security, _ ending: Ending) async throws {
        let last: ScriptStep =
            switch ending {
            case .close: .close()
            case .farewell: .close(notify: true)
            case .reset: .reset
            }
        let server = try await ScriptedServer.start(
            security, .login + [.pass("after"), .send("* BYE later\r\n* 1 FET"), .pass("end"), last])
        let stream = try await Harness.open(server, security)
        try await server.open("after")
        #expect(try await stream.receiveText(atLeast: 20) == "* BYE later\r\n* 1 FET")
        if ending == .farewell {
            // Python waits for the answer to its farewell.
            let ended = Task { try await stream.receive() }
            try await server.open("end")
            #expect(try await ended.value == nil)
        } else {
            try await server.open("end")
            #expect(try await stream.receive() == nil)
        }
        #expect(try await stream.receive() == nil)
        let error = await #expect(throws: TransportError.self) { try await stream.send([65]) }
        #expect(error?.kind == .closed)
    }

    @Test func closingWakesWhoeverWaits() async throws {
        let server = try await ScriptedServer.start(.login + [.pass("never")])
        let stream = try await Harness.open(server)
        let receiving = Task { try await stream.receive() }
        let sending = Task { try await stream.send([UInt8](repeating: 0, count: 32 << 20)) }
        stream.close()
        #expect(try await receiving.value == nil)
        await #expect(throws: TransportError.self) { try await sending.value }
        try await server.open("never")
        try await server.ended()
    }

    @Test func lettingGoCloses() async throws {
        let server = try await ScriptedServer.start(.login + [.end])
        var stream: ByteStream? = try await Harness.open(server)
        #expect(stream != nil)
        stream = nil
        try await server.ended()
        #expect(try await server.failure() == nil)
    }
}
