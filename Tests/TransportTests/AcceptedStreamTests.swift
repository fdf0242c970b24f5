import Foundation
import Testing

@testable import Transport

/// Nobody waits for ever on a connection that was accepted, or for one.
@Suite(.timeLimit(.minutes(1)))
struct AcceptedStreamTests {
    /// A stream, and the client's end of it.
    private static func pair() throws -> (stream: AcceptedStream, client: Int32) {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &ends) == 0)
        let accepted = Listener.Accepted(socket: ends[0], peer: "client")
        return (AcceptedStream(accepted, on: try Harness.poller.get()), ends[1])
    }

    private static func read(_ client: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = Foundation.read(client, &bytes, bytes.count)
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// More than sockets hold.
    private static let much = [UInt8](repeating: 120, count: 8 << 20)

    @Test func octetsPassBothWays() async throws {
        let (stream, client) = try Self.pair()
        defer { close(client) }
        async let first = stream.receive()
        #expect(write(client, "hello", 5) == 5)
        #expect(try await first == Array("hello".utf8))
        try await stream.send(Array("good day".utf8))
        #expect(Self.read(client) == "good day")
        shutdown(client, Int32(SHUT_WR))
        #expect(try await stream.receive() == nil)
        await stream.close(after: Array("bye".utf8))
        #expect(Self.read(client) == "bye")
        #expect(Self.read(client) == "")
    }

    @Test func whatIsTakenSlowlyArrives() async throws {
        let (stream, client) = try Self.pair()
        defer { close(client) }
        async let sent: Void = stream.send(Self.much)
        var count = 0
        while count < Self.much.count {
            guard let text = Self.read(client) else {
                await Task.yield()
                continue
            }
            count += text.utf8.count
        }
        try await sent
        await stream.close()
        #expect(Self.read(client) == "")
    }

    @Test(arguments: ["receive", "send"]) func closingEndsTheWait(_ what: String) async throws {
        let (stream, client) = try Self.pair()
        defer { close(client) }
        let task = Task {
            if what == "send" { try await stream.send(Self.much) } else { #expect(try await stream.receive() == nil) }
        }
        #expect(try await eventually { await stream.hasWaiter })
        await stream.close()
        let result = await task.result
        if what == "send" { #expect(throws: TransportError.self) { try result.get() } } else { try result.get() }
        #expect(try await stream.receive() == nil)
        await #expect(throws: TransportError.self) { try await stream.send([1]) }
    }

    @Test(arguments: ["receive", "send"]) func cancellingEndsTheWait(_ what: String) async throws {
        let (stream, client) = try Self.pair()
        defer { close(client) }
        let task = Task {
            if what == "send" { try await stream.send(Self.much) } else { _ = try await stream.receive() }
        }
        #expect(try await eventually { await stream.hasWaiter })
        task.cancel()
        await #expect(throws: TransportError.cancelled) { try await task.value }
        if what == "receive" {
            // No octet is lost by that.
            #expect(write(client, "more", 4) == 4)
            #expect(try await stream.receive() == Array("more".utf8))
        } else {
            // Nobody knows how much of it has left.
            await #expect(throws: TransportError.closed(by: "client")) { try await stream.send([1]) }
        }
        await stream.close()
    }

    /// The last words stand behind what is being sent, and do not wait longer than that.
    @Test func theLastWordsComeLast() async throws {
        let (stream, client) = try Self.pair()
        defer { close(client) }
        let task = Task { try await stream.send(Self.much) }
        #expect(try await eventually { await stream.hasWaiter })
        await stream.close(after: Array("bye".utf8))
        var last = ""
        while true {
            guard let text = Self.read(client) else {
                await Task.yield()
                continue
            }
            if text.isEmpty { break }
            last = String((last + text).suffix(4))
        }
        #expect(last == "xbye")
        try await task.value
    }

    @Test func whoeverAcceptsIsWokenByTheEnd() async throws {
        let poller = try Harness.poller.get()
        for isCancelled in [true, false] {
            let listener = try Listener(host: "127.0.0.1", port: 0, on: poller)
            let task = Task { await listener.accept()?.socket }
            #expect(try await eventually { await listener.hasWaiter })
            if isCancelled { task.cancel() } else { await listener.close() }
            #expect(await task.value == nil)
            await listener.close()
            #expect(await listener.accept() == nil)
        }
    }

    @Test func anAddressThatIsTakenIsSaidSo() async throws {
        let poller = try Harness.poller.get()
        let listener = try Listener(host: "127.0.0.1", port: 0, on: poller)
        #expect(throws: Listener.Failure.self) { try Listener(host: "127.0.0.1", port: listener.port, on: poller) }
        #expect(throws: Listener.Failure.self) { try Listener(host: "no.such.host.invalid", port: 0, on: poller) }
        await listener.close()
    }
}
