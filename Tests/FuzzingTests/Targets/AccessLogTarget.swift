import FoundationEssentials
import Opens
import Secrets
import Tokens

@testable import HitSources

extension FuzzTarget {
    /// A web server's log, in which strangers choose the request, the Referer and the User-Agent.
    static let accessLog = FuzzTarget("access-log", workPerByte: 4_000) { input in
        let level = PrivacyLevel.allCases[input.choice(of: 3)]
        let writer = WebServer.allCases[input.choice(of: 3)]
        let end: [UInt8] = input.choice(of: 2) == 0 ? [] : [0x0d]
        let cuts = [input.choice(of: 256), input.choice(of: 256)]
        let bytes = input.text
        for format in AccessLogFeed.Format.allCases { try checkLine(bytes, format) }

        let fields = [
            bytes.prefix(cuts[0]), bytes.dropFirst(cuts[0]).prefix(cuts[1]), bytes.dropFirst(cuts[0] + cuts[1]),
        ]
        for server in WebServer.allCases {
            try checkWritten(by: server, request: Array(fields[0]), referer: Array(fields[1]), agent: Array(fields[2]))
        }
        try checkHit(by: writer, end: end, level, referer: Array(fields[1]), agent: Array(fields[2]))
    }

    private static func line(_ bytes: [UInt8], _ format: AccessLogFeed.Format) -> LogLine? {
        format == .json ? LogLine(json: bytes) : LogLine(combined: bytes)
    }

    private static func checkLine(_ bytes: [UInt8], _ format: AccessLogFeed.Format) throws {
        guard let line = line(bytes, format) else { return }
        try require(line.target.hasPrefix("/"), "the target is \(line.target)")
        let texts = [line.address, line.method, line.target, line.userAgent ?? "", line.referer ?? ""]
        let length = texts.reduce(0) { $0 + $1.utf8.count }
        try require(length <= 3 * bytes.count, "\(length) bytes out of \(bytes.count)")
        let written = Timestamp.format(line.at)
        try require(Timestamp.parse(written) != nil, "a time that is written \(written)")
        guard format == .combined, line.userAgent != nil else { return }
        try require(
            LogLine(combined: bytes + Array(" \"x\" 1".utf8)) == line, "what is behind the User-Agent changes the line")
    }

    /// What a stranger sends comes back as it was, and nothing of it is taken for what the server has written.
    private static func checkWritten(by server: WebServer, request: [UInt8], referer: [UInt8], agent: [UInt8]) throws {
        let line = line(server.line(request: request, referer: referer, agent: agent), server.format)
        guard let (method, target) = LogLine.request(server.kept(request)) else {
            return try require(
                line == nil, "\(server): \(request) is no request, and read as \(String(describing: line))")
        }
        let expected = LogLine(
            at: WebServer.time, address: WebServer.address, method: method, target: target,
            userAgent: LogLine.field(server.kept(agent)), referer: LogLine.field(server.kept(referer)))
        try require(line == expected, "\(server): \(expected) is read as \(String(describing: line))")
    }

    /// A request for a pixel is a hit whatever is beside it, and keeps no more than one of the pixel server would.
    private static func checkHit(
        by server: WebServer, end: [UInt8], _ level: PrivacyLevel, referer: [UInt8], agent: [UInt8]
    ) throws {
        guard let stream = StreamID(9),
            let token = Token.mint(stream: stream, epoch: 2, key: key, message: 7, level: level)
        else { throw Violation(description: "no token can be made") }
        let credential = StreamCredential(stream: stream, epoch: 2, streamKey: key, pullKey: Secret([]))
        let feed = AccessLogFeed(path: "access.log", format: server.format, credential: credential) { _ in
            NetworkOrigin()
        }
        // A method can be as long as a request line: servers write down what they have refused.
        let method = agent.filter { (0x41...0x5a).contains($0) } + [0x41]
        let request = method + Array(" /i/\(token.text).gif HTTP/1.1".utf8)
        let bytes = server.line(request: request, referer: referer, agent: agent) + end
        guard let hit = feed.hit(bytes[...], at: 11) else {
            throw Violation(description: "\(server): no hit of \(String(decoding: bytes, as: UTF8.self))")
        }
        try require(hit.token == token.text && hit.at == WebServer.time && hit.seq == 12, "another hit: \(hit)")
        let isBare = hit.ua == nil && hit.net == nil && hit.method == nil && hit.signals.isEmpty
        try require(level != .minimal || isBare, "of level minimal it keeps \(hit)")
        // As a pulled one is cut when it is read, so that it is the same again.
        let again = (try? JSONEncoder().encode(hit)).flatMap { try? JSONDecoder().decode(Hit.self, from: $0) }
        try require(again == hit, "\(hit) written and read again is \(String(describing: again))")
    }

    private static let key = StreamKey(Secret([UInt8](repeating: 5, count: 32)))
}

/// How a log is written.
private enum WebServer: CaseIterable {
    /// ngx_http_log_module, `escape=default`.
    case nginx
    /// The same, `escape=json`.
    case nginxJSON
    /// ap_escape_logitem.
    case apache

    static let address = "192.0.2.10"
    static let time = Date(timeIntervalSince1970: 1_795_671_478)

    var format: AccessLogFeed.Format { self == .nginxJSON ? .json : .combined }

    func line(request: [UInt8], referer: [UInt8], agent: [UInt8]) -> [UInt8] {
        let (request, referer, agent) = (escape(request), escape(referer), escape(agent))
        switch self {
        case .nginx, .apache:
            return Array("\(Self.address) - - [26/Nov/2026:05:37:58 +0000] \"".utf8) + request
                + Array("\" 200 43 \"".utf8) + referer + Array("\" \"".utf8) + agent + Array("\"".utf8)
        case .nginxJSON:
            return Array("{\"msec\":1795671478.000,\"remote_addr\":\"\(Self.address)\",\"request\":\"".utf8) + request
                + Array("\",\"http_referer\":\"".utf8) + referer + Array("\",\"http_user_agent\":\"".utf8) + agent
                + Array("\"}".utf8)
        }
    }

    /// What can still be known of a text: Apache writes letters for some control characters.
    func kept(_ text: [UInt8]) -> String {
        let letters = self == .apache ? Self.letters : [:]
        return String(decoding: text.map { letters[$0] ?? $0 }, as: UTF8.self)
    }

    private static let letters: [UInt8: UInt8] = [
        0x08: UInt8(ascii: "b"), 0x0a: UInt8(ascii: "n"), 0x0d: UInt8(ascii: "r"), 0x09: UInt8(ascii: "t"),
        0x0b: UInt8(ascii: "v"),
    ]

    private func escape(_ text: [UInt8]) -> [UInt8] {
        text.flatMap { byte -> [UInt8] in
            let isSyntax = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
            switch self {
            case .nginxJSON where isSyntax: return [UInt8(ascii: "\\"), byte]
            // Bytes from 0x80 on are left as they are, also where they are no UTF-8.
            case .nginxJSON: return byte < 0x20 ? Array("\\u00".utf8) + Self.digits(byte) : [byte]
            case .apache where isSyntax: return [UInt8(ascii: "\\"), byte]
            case .apache:
                if let letter = Self.letters[byte] { return [UInt8(ascii: "\\"), letter] }
                return (0x20..<0x7f).contains(byte) ? [byte] : Array("\\x".utf8) + Self.digits(byte)
            case .nginx:
                return (0x20..<0x7f).contains(byte) && !isSyntax ? [byte] : Array("\\x".utf8) + Self.digits(byte)
            }
        }
    }

    private static func digits(_ byte: UInt8) -> [UInt8] { Array([byte].hexadecimal.utf8) }
}
