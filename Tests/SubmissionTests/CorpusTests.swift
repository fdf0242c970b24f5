import Foundation
import TestSupport
import Testing

/// The messages of CPython's email package: plain, broken and strange ones. There is a reason to leave each of
/// them alone.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct CorpusTests {
    private static let messages: [(name: String, content: [UInt8])] = {
        let folder = Bundle.module.url(forResource: "Fixtures/cpython", withExtension: nil)
        let files = folder.flatMap {
            try? FileManager.default.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil)
        }
        return (files ?? []).filter { $0.pathExtension == "txt" }.sorted { $0.path < $1.path }.compactMap { file in
            (try? Data(contentsOf: file)).map { (file.lastPathComponent, networkLines(Array($0))) }
        }
    }()

    @Test func messagesPassAsTheyAre() async throws {
        let sink = try await Sink.start(.sink)
        try #require(Self.messages.count == 48)
        try await Proxy.run([.init("alice", sink)]) { proxy in
            let client = try await proxy.client()
            try await client.login()
            for (name, content) in Self.messages {
                #expect(try await client.mail(stuffed(content)) == "250 2.0.0 ok", "\(name)")
            }
        }
        for (message, mail) in zip(Self.messages, try await sink.deliveries(count: Self.messages.count)) {
            #expect(mail.message == message.content, "\(message.name)")
        }
        await sink.stop()
    }
}

/// The lines of a file as those of the wire.
private func networkLines(_ bytes: [UInt8]) -> [UInt8] {
    var lines: [UInt8] = []
    for (index, byte) in bytes.enumerated() where byte != 0x0d {
        if byte == 0x0a { lines.append(0x0d) }
        lines.append(byte)
        if index == bytes.count - 1, byte != 0x0a { lines += [0x0d, 0x0a] }
    }
    return lines
}

/// With a dot before each line that begins with one.
private func stuffed(_ message: [UInt8]) -> [UInt8] {
    var raw: [UInt8] = []
    for (index, byte) in message.enumerated() {
        if byte == UInt8(ascii: "."), index == 0 || message[index - 1] == 0x0a { raw.append(byte) }
        raw.append(byte)
    }
    return raw
}
