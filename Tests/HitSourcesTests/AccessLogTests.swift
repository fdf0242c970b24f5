import Foundation
import Opens
import Secrets
import Testing
import Tokens

@testable import HitSources

/// A log file that is written to, moved away and emptied while it is read.
@Suite struct AccessLogTests {
    private final class Folder {
        let url = FileManager.default.temporaryDirectory.appending(path: "sentmark-log-\(UUID())")
        var log: URL { url.appending(path: "access.log") }

        init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(at: url) }

        func append(_ text: String, to name: String = "access.log") throws {
            let file = url.appending(path: name)
            if !FileManager.default.fileExists(atPath: file.path) { try Data().write(to: file) }
            let handle = try FileHandle(forWritingTo: file)
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(text.utf8))
            try handle.close()
        }
    }

    private struct Position {
        var cursor: String?
        var log: String?
    }

    private static let key = StreamKey(Secret(Array(repeating: 5, count: 32)))

    private func credential() throws -> StreamCredential {
        StreamCredential(
            stream: try #require(StreamID(9)), epoch: 2, streamKey: Self.key,
            pullKey: Secret(Array(repeating: 6, count: 32)))
    }

    private func token(
        _ message: UInt64, key: StreamKey = AccessLogTests.key, stream: UInt32 = 9, level: PrivacyLevel = .pseudonymous
    ) throws -> Token {
        let stream = try #require(StreamID(stream))
        let token = Token.mint(stream: stream, epoch: 2, key: key, message: message, level: level)
        return try #require(token)
    }

    private func line(_ path: String, address: String = "192.0.2.10", second: Int = 10) -> String {
        "\(address) - - [26/Nov/2026:05:37:\(second) +0000] \"GET \(path) HTTP/1.1\" 200 43 \"-\" \"Thunderbird/140\"\n"
    }

    private func pixel(_ message: UInt64, second: Int = 10) throws -> String {
        line("/i/\(try token(message).text).gif", second: second)
    }

    /// All that there is now, read page by page.
    private func all(
        _ folder: Folder, from position: inout Position, limit: Int = 1000
    ) async throws -> [UInt64] {
        let feed = AccessLogFeed(path: folder.log.path, format: .combined, credential: try credential())
        var found: [UInt64] = []
        while true {
            let page = try await feed.pull(after: position.cursor, log: position.log, limit: limit, wait: 0)
            found += page.hits.compactMap { Token($0.token)?.message }
            #expect(page.hits.count <= limit)
            let isEnd = !page.more && page.cursor == position.cursor
            position = Position(cursor: page.cursor, log: page.log)
            if isEnd { return found }
        }
    }

    @Test func readsWhatIsOursAndNothingElse() async throws {
        let folder = try Folder()
        let other = StreamKey(Secret(Array(repeating: 4, count: 32)))
        try folder.append(line("/index.html") + pixel(1))
        try folder.append(line("/i/\(try token(2, key: other).text).gif"))
        try folder.append(line("/i/\(try token(3, stream: 8).text).gif"))
        try folder.append(line("/some/where/i/\(try token(4).text.uppercased()).GIF?utm=1"))
        try folder.append(line("/i/\(try token(5).text).gif/more") + line("/i/x\(try token(6).text).gif"))
        var position = Position()
        #expect(try await all(folder, from: &position) == [1, 4])
        #expect(try await all(folder, from: &position).isEmpty)
    }

    @Test func keepsOfARequestWhatThePixelServerKeeps() async throws {
        let folder = try Folder()
        try folder.append(line("/i/\(try token(1).text).gif", address: "66.249.84.1"))
        try folder.append(line("/i/\(try token(2, level: .minimal).text).gif"))
        let feed = AccessLogFeed(path: folder.log.path, format: .combined, credential: try credential())
        let page = try await feed.pull(after: nil, log: nil, limit: 10, wait: 0)
        let (full, minimal) = (page.hits[0], page.hits[1])
        #expect(full.ua == "Thunderbird/140" && full.family == ClientFamily(rawValue: "thunderbird"))
        #expect(full.net?.count == 16 && full.netclass != nil && full.method == "GET" && full.seq == 1)
        #expect(minimal.ua == nil && minimal.net == nil && minimal.method == nil && minimal.signals.isEmpty)
        #expect(minimal.seq > full.seq)
        let stored = String(decoding: try JSONEncoder().encode(page.hits), as: UTF8.self)
        #expect(!stored.contains("66.249") && !stored.contains("192.0.2"))
    }

    /// A request line can be 8 KB long, and one character have any number of combining marks.
    @Test func keepsNoMoreOfARequestThanIsReadOfAPulledOne() async throws {
        let folder = try Folder()
        let request = "\(String(repeating: "G", count: 4000)) /i/\(try token(1).text).gif HTTP/1.1"
        let agent = "e" + String(repeating: "\u{301}", count: 4000)
        try folder.append("192.0.2.10 - - [26/Nov/2026:05:37:10 +0000] \"\(request)\" 405 0 \"-\" \"\(agent)\"\n")
        let feed = AccessLogFeed(path: folder.log.path, format: .combined, credential: try credential())
        let hit = try #require(try await feed.pull(after: nil, log: nil, limit: 10, wait: 0).hits.first)
        #expect(hit.method?.unicodeScalars.count == 64 && hit.ua?.unicodeScalars.count == 256)
        #expect(try JSONDecoder().decode(Hit.self, from: JSONEncoder().encode(hit)) == hit)
    }

    @Test func aLineThatIsNotWholeIsReadWhenItIs() async throws {
        let folder = try Folder()
        let text = try pixel(1)
        var position = Position()
        for byte in text.unicodeScalars.dropLast() {
            try folder.append(String(byte))
            #expect(try await all(folder, from: &position).isEmpty)
        }
        try folder.append("\n")
        #expect(try await all(folder, from: &position) == [1])
    }

    /// logrotate: the file is moved, and a new one made; also while nobody looked.
    @Test(arguments: [true, false]) func followsARotation(readsBetween: Bool) async throws {
        let folder = try Folder()
        var position = Position()
        try folder.append(try pixel(1, second: 10))
        #expect(try await all(folder, from: &position) == [1])
        try folder.append(try pixel(2, second: 11))
        try FileManager.default.moveItem(at: folder.log, to: folder.url.appending(path: "access.log.1"))
        var found: [UInt64] = []
        if readsBetween {
            await #expect(throws: PullError.self) { _ = try await all(folder, from: &position) }
        }
        try folder.append("")
        if readsBetween { found += try await all(folder, from: &position) }
        // The server writes to the old file until it is told of the new one.
        try folder.append(try pixel(3, second: 12), to: "access.log.1")
        found += try await all(folder, from: &position)
        try folder.append(try pixel(4, second: 13))
        found += try await all(folder, from: &position)
        #expect(found == [2, 3, 4])
    }

    @Test func followsACopyThatIsEmptied() async throws {
        let folder = try Folder()
        var position = Position()
        try folder.append(try pixel(1, second: 10) + pixel(2, second: 11))
        #expect(try await all(folder, from: &position) == [1, 2])
        try folder.append(try pixel(3, second: 12))
        try FileManager.default.copyItem(at: folder.log, to: folder.url.appending(path: "access.log.1"))
        try Data().write(to: folder.log)
        try folder.append(try pixel(4, second: 13))
        #expect(try await all(folder, from: &position) == [3, 4])
    }

    @Test func goesOnWhereItWasStoredInPagesOfAnySize() async throws {
        let folder = try Folder()
        for number in 1...25 { try folder.append(try pixel(UInt64(number)) + line("/\(number)")) }
        for limit in [1, 3, 25, 1000] {
            var position = Position()
            #expect(try await all(folder, from: &position, limit: limit) == Array(1...25))
        }
    }

    @Test func longLinesAndForeignBytesHoldUpNothing() async throws {
        let folder = try Folder()
        try folder.append(line("/first"))
        try folder.append(String(repeating: "x/i/", count: LogFile.pieceBytes) + "\n")
        try folder.append("\u{0}\u{1b}[31m /i/ \" \\x \n\n\n" + pixel(7))
        var position = Position()
        #expect(try await all(folder, from: &position) == [7])
    }

    @Test func waitsForALine() async throws {
        let folder = try Folder()
        try folder.append(line("/"))
        var position = Position()
        #expect(try await all(folder, from: &position).isEmpty)
        let feed = AccessLogFeed(path: folder.log.path, format: .combined, credential: try credential())
        let (cursor, log) = (position.cursor, position.log)
        async let page = feed.pull(after: cursor, log: log, limit: 10, wait: 30)
        try folder.append(try pixel(1))
        #expect(try await page.hits.count == 1)
    }

    @Test func aFileThatIsNotThereIsNamed() async throws {
        let folder = try Folder()
        let feed = AccessLogFeed(path: folder.log.path, format: .combined, credential: try credential())
        let error = await #expect(throws: PullError.self) {
            try await feed.pull(after: nil, log: nil, limit: 10, wait: 0)
        }
        #expect(error?.description.hasPrefix("\(folder.log.path): cannot be read") == true)
    }
}
