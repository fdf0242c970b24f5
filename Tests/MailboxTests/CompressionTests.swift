import IMAP
import TestSupport
import Testing

@testable import Mailbox

/// COMPRESS=DEFLATE (RFC 4978).
@Suite(.timeLimit(.minutes(2)))
struct CompressionTests {
    /// What a server would send, by the same library; the live tests have another one at the other end.
    private static func deflated(_ text: String) throws -> [UInt8] {
        try #require(Compression()).deflated(text.bytes)
    }

    @Test func nothingDependsOnWhereItIsCut() throws {
        let text = (1...300).map { "* \($0) FETCH (UID \($0) FLAGS (\\Seen))\r\n" }.joined()
        let bytes = try Self.deflated(text)
        #expect(bytes.count < text.utf8.count / 4)
        for length in [1, 2, 3, 7, 100, bytes.count] {
            let compression = try #require(Compression())
            var result: [UInt8] = []
            for start in stride(from: 0, to: bytes.count, by: length) {
                compression.feed(Array(bytes[start..<min(start + length, bytes.count)]))
                while let piece = try compression.next() { result += piece }
            }
            #expect(String(decoding: result, as: UTF8.self) == text)
        }
    }

    /// A kilobyte can stand for a megabyte: it comes in pieces, and whoever takes them can stop.
    @Test func aBombComesInPieces() throws {
        let bytes = try Self.deflated(String(repeating: "A", count: 8 << 20))
        #expect(bytes.count < 20_000)
        let compression = try #require(Compression())
        compression.feed(bytes)
        var count = 0
        while let piece = try compression.next() {
            #expect(piece.count <= Compression.pieceLength)
            count += piece.count
        }
        #expect(count == 8 << 20)
    }

    /// A server's last word may stand right before the fault.
    @Test(arguments: [([0x03, 0x00], CompressionError.ended), ([0x07], .unreadable)] as [([UInt8], CompressionError)])
    func whatStandsBeforeTheFaultIsRead(_ fault: [UInt8], _ expected: CompressionError) throws {
        let compression = try #require(Compression())
        compression.feed(try Self.deflated("* BYE\r\n") + fault)
        #expect(try compression.next() == "* BYE\r\n".bytes)
        for _ in 0..<2 { #expect(throws: expected) { try compression.next() } }
    }

    @Test(arguments: [
        ([0xff, 0xff, 0xff, 0xff], CompressionError.unreadable), ([0x03, 0x00], .ended),
        (Array("* 1 EXISTS\r\n".utf8), .unreadable),
    ])
    func whatIsNoDeflateIsRefused(_ bytes: [UInt8], _ expected: CompressionError) throws {
        let compression = try #require(Compression())
        compression.feed(bytes)
        #expect(throws: expected) { while try compression.next() != nil {} }
    }

    /// The answer's own packet may hold the first compressed octets.
    @Test(arguments: [nil, 1, 5])
    func whatFollowsTheAnswerIsInflated(_ cut: Int?) async throws {
        let noop = try Self.deflated("x NOOP\r\n").count
        let news = try Self.deflated("* 3 EXISTS\r\n* 4 EXISTS\r\n")
        let server = try await ScriptedServer.start(
            .ready + [
                .expect("COMPRESS DEFLATE$"), .send("{tag} OK compressing\r\n".bytes + news, cut: cut),
                .read(noop / 2), .close(),
            ])
        let connection = try await Connection.open(server)
        var seen: [String] = []
        let ended = await failure { () throws(MailboxError) in
            try await connection.run([.compress, .noop]) { seen.append(EventText.line(.untagged($0))) }
        }
        #expect(seen == ["exists 3", "exists 4"])
        #expect(ended?.description == "\(Session.CloseReason.endOfStream)")
        #expect(try await !server.received().contains("NOOP"))
    }

    @Test(arguments: ["NO [COMPRESSIONACTIVE] TLS does it", "BAD what"])
    func aServerThatRefusesIsSpokenToAsBefore(_ answer: String) async throws {
        let server = try await ScriptedServer.start(
            .ready + [
                .expect("COMPRESS DEFLATE$"), .send("{tag} \(answer)\r\n"),
                .expect("NOOP$"), .send("{tag} OK done\r\n"), .end,
            ])
        let connection = try await Connection.open(server)
        _ = try await connection.run([.compress])
        try await connection.require(.noop)
        await connection.close()
    }

    @Test func garbageBehindTheAnswerEndsTheConnection() async throws {
        let server = try await ScriptedServer.start(
            .ready + [
                .expect("COMPRESS DEFLATE$"), .send("{tag} OK compressing\r\n* 3 EXISTS\r\n"), .read(4), .end,
            ])
        let connection = try await Connection.open(server)
        _ = try? await connection.run([.compress])
        let ended = await failure { () throws(MailboxError) in try await connection.run([.noop]) }
        #expect(ended?.description.hasSuffix("its compressed data cannot be read") == true)
    }
}
