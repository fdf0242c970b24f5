@testable import PixelServer

extension FuzzTarget {
    /// What strangers send to a pixel server's socket.
    static let requestHead = FuzzTarget("request-head", workPerByte: 400) { input in
        let limits =
            input.choice(of: 2) == 0
            ? HeadLimits(bytes: 8 * 1024, fields: 50, targetBytes: 1024)
            : HeadLimits(bytes: 64, fields: 3, targetBytes: 16)
        let cuts = input.cuts()
        let bytes = input.text

        let whole = read([bytes], limits)
        let inPieces = read(cuts.pieces(of: bytes), limits)
        try require(
            texts(whole) == texts(inPieces), "whole \(texts(whole)), cut into \(cuts.lengths) \(texts(inPieces))")
        let last = whole.dropLast().firstIndex { if case .failure = $0 { true } else { false } }
        try require(last == nil, "something is read behind what was refused")

        // At a glance and bit by bit are the same.
        if let only = bytes.withUnsafeBytes({ HeadDecoder.only($0, limits) }) {
            try require(texts(whole) == [text(only)], "at a glance \(text(only)), else \(texts(whole))")
        }
        for case .success(let request) in whole {
            try check(request, limits)
            // What is no UTF-8 is written otherwise than it was read.
            guard bytes.allSatisfy({ $0 < 0x80 }) else { continue }
            // Written as RFC 9112 has it, it is the same request, and what follows changes nothing.
            let written = wire(request)
            let again = read([written + bytes], limits)
            try require(texts(again.prefix(1)) == [text(request)], "\(text(request)) is read as \(texts(again))")
            let once = written.withUnsafeBytes { HeadDecoder.only($0, limits) }
            try require(once.map(text) == text(request), "\(text(request)) at a glance is \(once.map(text) ?? "none")")
        }
    }

    private static func read(_ pieces: [[UInt8]], _ limits: HeadLimits) -> [Result<Request, Request.Refusal>] {
        var decoder = HeadDecoder(limits: limits)
        var found: [Result<Request, Request.Refusal>] = []
        for piece in pieces {
            decoder.receive(piece)
            while let next = decoder.next() { found.append(next) }
        }
        return found
    }

    private static func check(_ request: Request, _ limits: HeadLimits) throws {
        let fields = request.headers.all
        let target = request.path.utf8.count + (request.query.map { $0.utf8.count + 1 } ?? 0)
        let size = fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        // What is no UTF-8 is read with three bytes for each of one.
        try require(
            target <= limits.targetBytes && fields.count <= limits.fields && size <= 3 * limits.bytes,
            "\(target) bytes, \(fields.count) fields of \(size) bytes are too many")
        let parts = [request.method, String(request.path)] + fields.flatMap { [$0.name, $0.value] }
        for part in parts {
            try require(
                !part.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }, "control characters are kept: \(part)")
        }
        let hosts = request.headers["host"].count
        try require(hosts == 1 || hosts == 0 && !request.keepAlive, "\(hosts) Host fields")
        try require(!request.headers.has("transfer-encoding"), "a body is announced")
    }

    private static func wire(_ request: Request) -> [UInt8] {
        let target = request.path.isEmpty || !request.path.hasPrefix("/") && request.path != "*" ? nil : request.path
        let query = request.query.map { "?\($0)" } ?? ""
        let fields = request.headers.all.map { "\($0.name):\($0.value)\r\n" }.joined()
        let version = request.headers.has("host") ? 1 : 0
        return Array(
            "\(request.method) \(target ?? "http://\(request.path)")\(query) HTTP/1.\(version)\r\n\(fields)\r\n".utf8)
    }

    private static func texts(_ found: some Collection<Result<Request, Request.Refusal>>) -> [String] {
        found.map {
            switch $0 {
            case .success(let request): text(request)
            case .failure(let refusal): "\(refusal)"
            }
        }
    }

    private static func text(_ request: Request) -> String {
        let fields = request.headers.all.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
        return "\(request.method) \(request.path) \(request.query.map { "?\($0)" } ?? "-") [\(fields)]"
    }
}
