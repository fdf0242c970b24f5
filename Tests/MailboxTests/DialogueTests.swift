import Dialogues
import Foundation
import IMAP
import TestSupport
import Testing
import Transport

/// Plays the dialogues of the session machine, and some of our own, over a socket and the real libcurl: what comes out
/// must not depend on what lies between.
@Suite(.timeLimit(.minutes(2)))
struct DialogueTests {
    static let files: [URL] = {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let folders =
            [tests.appendingPathComponent("IMAPTests/Fixtures/dialogues")]
            + [Bundle.module.url(forResource: "Fixtures/dialogues", withExtension: nil)].compactMap(\.self)
        return folders.flatMap { folder in
            let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            return (files ?? []).filter { $0.pathExtension == "imap" }
        }.sorted { $0.lastPathComponent < $1.lastPathComponent }
    }()

    @Test func areThere() { #expect(Self.files.count >= 40) }

    @Test(arguments: files.map(\.lastPathComponent), [nil, 7])
    func playsOverLibcurl(_ name: String, bytesPerWrite cut: Int?) async throws {
        let file = try #require(Self.files.first { $0.lastPathComponent == name })
        let dialogue = try Dialogue(parsing: String(contentsOf: file, encoding: .utf8))
        let server = try await ScriptedServer.start(.login + dialogue.script(cut: cut))
        let stream = try await ByteStream.open(Harness.options(server), on: Harness.poller.get())

        var player = Player(name: name, stream: stream)
        try await player.play(dialogue)

        stream.close()
        try await server.ended()
        #expect(try await server.failure() == nil)
        #expect(try await server.received().hasSuffix(dialogue.clientText))
    }
}

extension Dialogue {
    /// The server's side. The last to hang up is the client, unless the server has.
    fileprivate func script(cut: Int?) -> [ScriptStep] {
        let script: [ScriptStep] = steps.compactMap { step in
            switch step.action {
            case .client(let bytes): .read(bytes.count)
            case .server(let bytes): .send(bytes, cut: cut)
            case .hangUp: .close()
            case .start, .expect, .pass: nil
            }
        }
        return steps.contains { $0.action == .hangUp } ? script : script + [.end]
    }

    fileprivate var clientText: String {
        let bytes = steps.flatMap { if case .client(let bytes) = $0.action { bytes } else { [UInt8]() } }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The client's side: a session that is fed what the stream returns, as it is cut there. Time is the dialogue's own.
private struct Player {
    let name: String
    let stream: ByteStream
    private var session: Session
    private var now: Int64 = 1000
    private var arrived: ArraySlice<UInt8> = []
    private var sent: [UInt8] = []
    private var news: [String] = []

    init(name: String, stream: ByteStream) {
        var limits = Session.Limits()
        limits.parser.literal = 2000
        limits.bytesPerCommand = 200_000
        self.name = name
        self.stream = stream
        session = Session(tagPrefix: "t", limits: limits)
    }

    mutating func play(_ dialogue: Dialogue) async throws {
        session.begin(now: now)
        for step in dialogue.steps {
            try await perform()
            let place = Comment(rawValue: "\(name):\(step.line)")
            switch step.action {
            case .start("done"): session.finishIdle(now: now)
            case .start(let text): _ = try session.start(CommandText.command(text), now: now)
            case .server(let bytes): try await receive(bytes.count, place)
            case .client(let bytes):
                try #require(
                    String(decoding: sent.prefix(bytes.count), as: UTF8.self) == String(decoding: bytes, as: UTF8.self),
                    place)
                sent.removeFirst(bytes.count)
            case .expect(let text):
                try #require(news.first == text, place)
                news.removeFirst()
            case .pass(let milliseconds):
                now += milliseconds
                session.tick(now: now)
            case .hangUp:
                try #require(try await stream.receive() == nil, place)
                session.endOfStream()
            }
        }
        try await perform()
        #expect(String(decoding: sent, as: UTF8.self) == "", "\(name): sent beyond the dialogue")
        #expect(news == [], "\(name): more news than expected")
    }

    private mutating func perform() async throws {
        for action in session.takeActions() {
            switch action {
            case .send(let bytes):
                sent += bytes
                try await stream.send(bytes)
                session.sent(now: now)
            case .deliver(let event): news.append(EventText.line(event))
            case .close(let reason): news.append(EventText.line(reason))
            case .compress(let rest): news.append("compress \(rest.count)")
            case .wait: break
            }
        }
    }

    /// Feeds the bytes of one step. Those of the next may have come with them; their turn is later.
    private mutating func receive(_ count: Int, _ place: Comment) async throws {
        var missing = count
        while missing > 0 {
            if arrived.isEmpty { arrived = try #require(try await stream.receive(), place)[...] }
            let piece = arrived.prefix(missing)
            arrived = arrived.dropFirst(piece.count)
            missing -= piece.count
            session.received(Array(piece), now: now)
        }
    }
}
