import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import PixelServer

struct HeadDecoderTests {
    private static let limits = PixelServer.Limits().head

    /// Everything that comes out when the bytes arrive in pieces of a size: requests as text, a refusal as its name.
    private func decode(_ bytes: [UInt8], pieces: Int = .max) -> [String] {
        var decoder = HeadDecoder(limits: Self.limits)
        var out: [String] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            decoder.receive(rest.prefix(pieces))
            rest = rest.dropFirst(pieces)
            while let head = decoder.next() {
                switch head {
                case .success(let request): out.append(Self.text(request))
                case .failure(let refusal): out.append("\(refusal)")
                }
            }
        }
        return out
    }

    /// What is read at a glance is what is read bit by bit, and nothing but one request that is in order.
    private func onlyAgrees(_ bytes: [UInt8]) {
        let only = bytes.withUnsafeBytes { HeadDecoder.only($0, Self.limits) }
        guard let only else { return }
        #expect(decode(bytes) == [Self.text(only)])
        #expect(bytes.suffix(4) == [13, 10, 13, 10])
    }

    private static func text(_ request: Request) -> String {
        let fields = request.headers.all.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
        let query = request.query.map { "?\($0)" } ?? ""
        return "\(request.method) \(request.path)\(query) [\(fields)] \(request.keepAlive ? "on" : "last")"
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ["GET / [host=a] on"]),
        ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", ["GET / [host=a] on"]),
        ("GET /i/x.gif?a=b HTTP/1.1\r\nHost:a\r\nX-Y: \t c d \t\r\n\r\n", ["GET /i/x.gif?a=b [host=a|x-y=c d] on"]),
        ("GET http://h/p HTTP/1.1\r\nHost: a\r\nEmpty:\r\n\r\n", ["GET /p [host=a|empty=] on"]),
        ("GET / HTTP/1.0\r\n\r\n", ["GET / [] last"]),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", ["GET / [host=a|connection=x, Close] last"]),
        ("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n", ["GET / [host=a|upgrade=h2c] last"]),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 00\r\n\r\n", ["POST / [host=a|content-length=00] on"]),
        (
            "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\n\r\n",
            ["GET /1 [host=a] on", "GET /2 [host=b] on"]
        ),
        (
            "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nMAD\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\n\r\n",
            ["GET /1 [host=a] on", "malformed"]
        ),
        ("GET / HTTP/1.1\nHost: a\n\n\r\n\r\n", ["malformed"]),
        ("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", ["malformed"]),
        ("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", ["malformed"]),
        ("GET / HTTP/1.1\r\nHost: a\0\r\n\r\n", ["malformed"]),
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", ["malformed"]),
        ("GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", ["malformed"]),
        ("GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", ["malformed"]),
        ("GET / HTTP/1.1\r\nHost: a\r\nX\u{7f}: b\r\n\r\n", ["malformed"]),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", ["malformed"]),
        ("GET / / HTTP/1.1\r\nHost: a\r\n\r\n", ["malformed"]),
        ("GET /\tHTTP/1.1\r\nHost: a\r\n\r\n", ["malformed"]),
        (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", ["malformed"]),
        ("GET HTTP/1.1\r\nHost: a\r\n\r\n", ["malformed"]),
        ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", ["malformed"]),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", ["malformed"]),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", ["malformed"]),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", ["malformed"]),
        ("\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", ["malformed"]),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n", ["malformed"]),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 0\r\n\r\n", ["malformed"]),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: x\r\n\r\n", ["malformed"]),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", ["body"]),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", ["body"]),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ["malformed"]),
    ])
    func heads(_ bytes: String, _ expected: [String]) {
        let bytes = Array(bytes.utf8)
        for size in [Int.max, 1, 2, 3, 5] { #expect(decode(bytes, pieces: size) == expected, "in pieces of \(size)") }
        onlyAgrees(bytes)
    }

    @Test func whatNeverEndsIsRefusedInTime() {
        let bytes = Array("GET / HTTP/1.1\r\nHost: ".utf8) + [UInt8](repeating: 0x61, count: 20_000)
        #expect(decode(bytes, pieces: 4096) == ["headTooLarge"])
        #expect(decode(Array(bytes.prefix(9000)), pieces: 4096).isEmpty)
        #expect(decode([UInt8](repeating: 0x61, count: 20_000), pieces: 4096) == ["headTooLarge"])
    }

    /// What is taken, another decoder takes for the same: no proxy in front, or log behind, sees another request.
    @Test func agreesWithAnotherDecoder() throws {
        var chance: UInt64 = 20_261_126
        func next(_ limit: Int) -> Int {
            chance = chance &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(chance >> 33) % limit
        }
        let seed = "GET /i/abcdefgh.gif?x=1 HTTP/1.1\r\nHost: px.example.org\r\nUser-Agent: A/1 (b; c)\r\nX: y\r\n\r\n"
        let odd: [[UInt8]] = [
            [13], [10], [13, 10], [0], [32], [9], [58], [0x80], [127], Array("HTTP/1.1".utf8),
            Array("Host: b\r\n".utf8),
            Array("Content-Length: 0\r\n".utf8), Array("\r\n\r\n".utf8), Array(" \r\n".utf8), Array("\r\n ".utf8),
        ]
        var taken = 0
        for _ in 0..<20_000 {
            var bytes = Array(seed.utf8)
            for _ in 0...next(3) {
                let place = next(bytes.count)
                switch next(3) {
                case 0: bytes.insert(contentsOf: odd[next(odd.count)], at: place)
                case 1: bytes.remove(at: place)
                default: bytes[place] = UInt8(next(256))
                }
            }
            onlyAgrees(bytes)
            var decoder = HeadDecoder(limits: Self.limits)
            decoder.receive(bytes)
            // Of methods the other knows a list.
            guard case .success(let request)? = decoder.next(), request.method == "GET" else { continue }
            taken += 1
            let channel = EmbeddedChannel(handler: ByteToMessageHandler(HTTPRequestDecoder()))
            defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
            _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
            guard case .head(let head)? = try channel.readInbound(as: HTTPServerRequestPart.self) else {
                Issue.record(
                    "taken, and by the other refused: \(String(decoding: bytes, as: UTF8.self).debugDescription)")
                continue
            }
            #expect(head.uri.hasSuffix(request.path + (request.query.map { "?\($0)" } ?? "")) || head.uri.contains("#"))
            // It leaves the blanks behind a value where they are.
            #expect(head.headers.map { $0.name.lowercased() } == request.headers.all.map(\.name))
            for (theirs, ours) in zip(head.headers, request.headers.all) {
                #expect(theirs.value.hasPrefix(ours.value))
                #expect(theirs.value.dropFirst(ours.value.count).allSatisfy { $0 == " " || $0 == "\t" })
            }
        }
        #expect(taken > 1000)
    }
}
