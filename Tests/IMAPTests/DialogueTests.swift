import Dialogues
import Foundation
import Testing

@testable import IMAP

/// Plays every file of Fixtures/dialogues against the session machine.
struct DialogueTests {
    static let names: [String] = {
        let folder = Bundle.module.url(forResource: "Fixtures/dialogues", withExtension: nil)
        let files = folder.flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0.path) } ?? []
        return files.filter { $0.hasSuffix(".imap") }.sorted()
    }()

    @Test func areThere() { #expect(Self.names.count >= 40) }

    @Test(arguments: names)
    func playsWhole(_ name: String) throws {
        try Player(name).play { [$0] }
    }

    @Test(arguments: names)
    func playsByteByByte(_ name: String) throws {
        try Player(name).play { $0.map { [$0] } }
    }

    /// One cut per server step, at every place at which some step can be cut.
    @Test(arguments: names)
    func playsCutAnywhere(_ name: String) throws {
        let player = try Player(name)
        for cut in 1..<min(400, max(2, player.longestServerStep)) {
            try player.play { $0.count > cut ? [Array($0[..<cut]), Array($0[cut...])] : [$0] }
        }
    }
}

private struct Player {
    let name: String
    let dialogue: Dialogue

    init(_ name: String) throws {
        self.name = name
        let url = try #require(Bundle.module.url(forResource: "Fixtures/dialogues/\(name)", withExtension: nil))
        dialogue = try Dialogue(parsing: String(decoding: Data(contentsOf: url), as: UTF8.self))
    }

    var longestServerStep: Int {
        dialogue.steps.map { if case .server(let bytes) = $0.action { bytes.count } else { 0 } }.max() ?? 0
    }

    func play(_ cut: ([UInt8]) -> [[UInt8]]) throws {
        var limits = Session.Limits()
        limits.parser.literal = 2000
        limits.bytesPerCommand = 200_000
        var session = Session(tagPrefix: "t", limits: limits)
        var now: Int64 = 1000
        var sent: [UInt8] = []
        var news: [String] = []

        func take() {
            for action in session.takeActions() {
                switch action {
                case .send(let bytes): sent += bytes
                case .deliver(let event): news.append(EventText.line(event))
                case .close(let reason): news.append(EventText.line(reason))
                case .compress(let rest): news.append("compress \(rest.count)")
                case .wait: break
                }
            }
        }

        session.begin(now: now)
        for step in dialogue.steps {
            take()
            let place = Comment(rawValue: "\(name):\(step.line)")
            switch step.action {
            case .start("done"): session.finishIdle(now: now)
            case .start(let text): _ = try session.start(CommandText.command(text), now: now)
            case .server(let bytes):
                for piece in cut(bytes) { session.received(piece, now: now) }
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
            case .hangUp: session.endOfStream()
            }
        }
        take()
        #expect(String(decoding: sent, as: UTF8.self) == "", "\(name): sent beyond the dialogue")
        #expect(news == [], "\(name): more news than expected")
    }
}
