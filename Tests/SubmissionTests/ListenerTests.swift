import Foundation
import NIOCore
import NIOEmbedded
import NIOSSL
import Secrets
import TestSupport
import Testing

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
        let sink = try await Sink.start(.sink)
        let (chain, key) = try Self.files(of: sink)
        let tls = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMBytes(chain).map { .certificate($0) },
                privateKey: .privateKey(try key.reveal { try NIOSSLPrivateKey(bytes: $0, format: .pem) })))
        let channel = NIOAsyncTestingChannel()
        try await channel.testingEventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(ArrivalCount())
        }.get()
        let wrapped = try await channel.testingEventLoop.submit {
            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }.get()
        try await channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1)).get()
        try await wrapped.executeThenClose { inbound, outbound in
            let socket = ClientSocket(channel, inbound, outbound, tls: tls)
            try await channel.writeInbound(ByteBuffer(string: "STARTTLS\r\n"))
            #expect(try await socket.receive(within: .seconds(20)) == Array("STARTTLS\r\n".utf8))
            try await channel.writeInbound(ByteBuffer(string: "NOOP\r\n"))
            try await socket.startTLS(after: Array("220 go ahead\r\n".utf8))
            try await channel.close()
            #expect((try? await socket.receive(within: .seconds(20))) == nil)
        }
        await sink.stop()
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
