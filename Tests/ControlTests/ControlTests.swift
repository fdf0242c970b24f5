import Foundation
import Logging
import NIOCore
import Outgoing
import ServiceLifecycle
import Synchronization
import Testing

@testable import Control

/// An agent's control socket, and the commands that ask over it.
@Suite struct ControlTests {
    private static let quiet = Logger(label: "control") { _ in SwiftLogNoOpLogHandler() }

    private final class Socket {
        let folder = FileManager.default.temporaryDirectory.appending(path: "control-\(UUID().uuidString.prefix(8))")
        var path: String { folder.appending(path: "s").path }

        init() throws {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }

        deinit { try? FileManager.default.removeItem(at: folder) }
    }

    private func serving(
        _ socket: Socket, answer: @escaping @Sendable (ControlRequest) async -> ControlAnswer,
        _ body: @Sendable (ControlClient) async throws -> Void
    ) async throws {
        let path = socket.path
        let server = ControlServer(path: path, logger: Self.quiet, answer: answer)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            while !FileManager.default.fileExists(atPath: path) { await Task.yield() }
            // What is there may not listen yet.
            let client = ControlClient(path: path)
            while case .failure(.noAgent) = await Self.asked(client) { await Task.yield() }
            try await body(client)
            group.cancelAll()
        }
    }

    private static let request = ControlRequest.recipientsDelivered(account: "a", messageID: "m@x", contentHash: [1])

    private static func asked(_ client: ControlClient) async -> Result<ControlAnswer, ControlError> {
        do throws(ControlError) { return .success(try await client.ask(request)) } catch { return .failure(error) }
    }

    @Test func everyRequestComesWithItsContent() async throws {
        let seen = Mutex<[ControlRequest]>([])
        let requests: [ControlRequest] = [
            .reclassify,
            .delivered(account: "wörk", mail: OutgoingID(rawValue: 7), recipients: [0, 2]),
            .finish(
                account: "a", mail: OutgoingID(rawValue: 8), outcome: SendingOutcome(.partial, reply: "451 a\u{7}b")),
        ]
        try await serving(try Socket()) { request in
            seen.withLock { $0.append(request) }
            return .done
        } _: { (client: ControlClient) async throws in
            for request in requests { #expect(try await client.ask(request) == .done) }
        }
        #expect(seen.withLock { $0.suffix(requests.count) } == requests[...])
    }

    @Test func aRefusalIsAnErrorWithItsWords() async throws {
        try await serving(try Socket()) { _ in
            .failed("no account is named a")
        } _: { (client: ControlClient) async throws in
            await #expect(throws: ControlError.refused("no account is named a")) { try await client.ask(Self.request) }
        }
    }

    @Test func nobodyElseCanOpenIt() async throws {
        let socket = try Socket()
        let path = socket.path
        try await serving(socket) { _ in
            .done
        } _: { _ in
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func whatAnAgentLeftIsReplaced() async throws {
        let socket = try Socket()
        let address = socket.path
        // A socket that nobody listens on any more.
        let listener = ControlServer(path: address, logger: Self.quiet) { _ in .done }
        let first = Task { try await listener.run() }
        while !FileManager.default.fileExists(atPath: address) { await Task.yield() }
        let kept = address + ".kept"
        try FileManager.default.linkItem(atPath: address, toPath: kept)
        first.cancel()
        try await first.value
        try FileManager.default.moveItem(atPath: kept, toPath: address)
        #expect(await Self.asked(ControlClient(path: address)) == .failure(.noAgent))
        try await serving(socket) { _ in
            .addresses(["x@y"])
        } _: { (client: ControlClient) async throws in
            #expect(try await client.ask(Self.request) == .addresses(["x@y"]))
        }
    }

    @Test func withoutAnAgentThereIsNone() async throws {
        let client = ControlClient(path: try Socket().path)
        await #expect(throws: ControlError.noAgent) { try await client.ask(Self.request) }
    }

    @Test func linesHaveALimit() throws {
        var lines = LineBuffer()
        try lines.append(.init(string: "ab"))
        #expect(lines.next() == nil)
        try lines.append(.init(string: "c\nd\n\ne"))
        #expect(
            [lines.next(), lines.next(), lines.next(), lines.next()]
                == ["abc", "d", "", nil].map { $0.map { Data($0.utf8) } })
        #expect(throws: ControlError.self) {
            try lines.append(.init(repeating: 0x61, count: ControlLimits.line))
        }
    }
}
