import Foundation
import Secrets
import TestSupport
import Testing
import Transport

@testable import Submission

/// TLS, too many connections, and the end.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct ListenerTests {
    /// The sink's certificate serves the proxy as well.
    private static func files(of sink: Sink) throws -> (chain: [UInt8], key: Secret) {
        let directory = URL(filePath: sink.caFile).deletingLastPathComponent()
        return (
            Array(try Data(contentsOf: directory.appending(path: "server.pem"))),
            Secret(Array(try Data(contentsOf: directory.appending(path: "server.key"))))
        )
    }

    @Test func programsMayUseTLSInBothWays() async throws {
        let sink = try await Sink.start(.sink)
        let programs = try MailPrograms()
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        try await Proxy.run([.init("alice", sink)]) {
            $0.certificate = try? Self.files(of: sink)
            $0.requiresTLS = true
            $0.listenTLS = ("127.0.0.1", 0)
            $0.listening = { [listening = $0.listening] port, isTLS in
                listening(port, isTLS)
                if isTLS { found.yield(port) }
            }
        } _: { proxy in
            let implicit = try #require(await ports.first { _ in true })
            for (security, port) in [(MailPrograms.Security.starttls, proxy.port), (.tls, implicit)] {
                for program in [MailPrograms.Program.curl, .smtplib] {
                    var server = MailPrograms.Server(sink, port: port)
                    server.password = Proxy.password
                    try await programs.submit(
                        by: program, to: server, security, from: "alice@example.org", to: ["bob@far.example"],
                        plainMail("\(program)-\(security)"))
                }
            }
            let client = try await proxy.client()
            #expect(try await client.say("EHLO client.example").hasSuffix("250-ENHANCEDSTATUSCODES\n250 STARTTLS"))
            #expect(try await client.say("AUTH PLAIN AGFsaWNlAHdyb25n").hasPrefix("538 "))
            #expect(try await client.say("MAIL FROM:<alice@example.org>").hasPrefix("530 "))
        }
        #expect(try await sink.deliveries().count == 4)
        await sink.stop()
    }

    /// What came in the clear, but was not read yet when TLS began, is not of the session that follows.
    @Test func whatCameBeforeTLSIsThrownAway() async throws {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        let stream = AcceptedStream(Listener.Accepted(socket: ends[0], peer: "client"), on: try Proxy.poller.get())
        #expect(write(ends[1], "STARTTLS\r\n", 10) == 10)
        #expect(try await stream.receive() == Array("STARTTLS\r\n".utf8))
        #expect(write(ends[1], "NOOP\r\n", 6) == 6)
        #expect(await stream.detach(after: Array("220 go ahead\r\n".utf8)) == ends[0])
        #expect(write(ends[1], "hello", 5) == 5)
        var bytes = [UInt8](repeating: 0, count: 100)
        #expect(read(ends[0], &bytes, 100) == 5)
        #expect(bytes.starts(with: Array("hello".utf8)))
        #expect(read(ends[1], &bytes, 100) == 14)
        #expect(bytes.starts(with: Array("220 go ahead\r\n".utf8)))
        #expect(try await stream.receive() == nil)
    }

    @Test func thereIsAMostOfConnections() async throws {
        let sink = try await Sink.start(.sink)
        try await Proxy.run([.init("alice", sink)]) {
            $0.connections = 2
        } _: { proxy in
            let clients = [try await proxy.client(), try await proxy.client()]
            await #expect(throws: SMTPClient.Failure.self) { _ = try await proxy.client() }
            await clients[0].leave()
            try await wait("a place") { (try? await proxy.client()) != nil }
        }
        await sink.stop()
    }

    /// A mail on its way is brought to its end; who has none is told to come back.
    @Test func aMailOnItsWayIsFinished() async throws {
        let sink = try await Sink.start(.sink)
        try await Proxy.run([.init("alice", sink)]) { proxy in
            let (idle, busy) = (try await proxy.client(), try await proxy.client())
            try await idle.login()
            try await busy.login()
            try await busy.begin()
            try await busy.send(htmlMail("one").prefix(50))
            await proxy.stop()
            #expect(try await idle.reply().hasPrefix("421 4.3.2 "))
            #expect(try await idle.reply() == "")
            await #expect(throws: SMTPClient.Failure.self) { _ = try await proxy.client() }
            try await busy.send(htmlMail("one").dropFirst(50) + Array(".\r\n".utf8))
            #expect(try await busy.reply() == "250 2.0.0 ok")
            #expect(try await busy.reply().hasPrefix("421 4.3.2 "))
            #expect(try await busy.reply() == "")
        }
        #expect(try await sink.deliveries().count == 1)
        await sink.stop()
    }
}
