import FoundationEssentials
import Opens
import Transport

/// Reads the pull API's answers (design: contracts, "Pull API"). All of a page or none of it.
enum PullAnswer {
    static let limits = 1...1000
    /// Seconds.
    static let waits = 0...55
    private static let cursorLimit = 512
    private static let quoteLimit = 200

    /// - Parameters:
    ///   - cursor: the one that was asked with.
    ///   - log: the log that the cursor is of, if it is known.
    ///   - limit: how many hits were asked for.
    static func read(
        _ response: HTTPResponse, after cursor: String?, log: String?, limit: Int
    ) throws(PullError) -> Page {
        switch response.status {
        case 200: break
        case 401, 403: throw .unauthorised
        case 410: throw .otherLog
        case 429, 500...599: throw .busy(status: response.status, after: response.retryAfter)
        case 404: throw .unexpected("there is no pull API at this URL (HTTP 404)")
        case 300..<400: throw .unexpected("it points elsewhere (HTTP \(response.status)); redirects are not followed")
        default: throw .unexpected("HTTP \(response.status)\(quote(response.body))")
        }
        let body = try decode(response)
        guard let identity = UUID(uuidString: body.log) else { throw .unexpected("its log has no UUID") }
        if let log, UUID(uuidString: log) != identity { throw .otherLog }
        guard (1...cursorLimit).contains(body.cursor.utf8.count),
            body.cursor.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
        else { throw .unexpected("its cursor is empty, too long or not printable") }
        guard body.hits.count <= limit else {
            throw .unexpected("\(body.hits.count) hits where \(limit) were asked for")
        }
        for (earlier, later) in zip(body.hits, body.hits.dropFirst()) where earlier.seq >= later.seq {
            throw .unexpected("hit \(later.seq) after hit \(earlier.seq)")
        }
        // Either would have us ask the same for ever.
        guard body.hits.isEmpty || body.cursor != cursor else { throw .unexpected("hits without a new cursor") }
        guard !body.more || !body.hits.isEmpty else { throw .unexpected("more hits announced, and none given") }
        return Page(log: identity.uuidString.lowercased(), cursor: body.cursor, hits: body.hits, more: body.more)
    }

    struct Body: Decodable, Equatable {
        let log: String
        let cursor: String
        let hits: [Hit]
        let more: Bool
    }

    private static func decode(_ response: HTTPResponse) throws(PullError) -> Body {
        if let body = Body(plain: response.body) { return body }
        do {
            return try JSONDecoder().decode(Body.self, from: Data(response.body))
        } catch let error as DecodingError {
            throw .unexpected(describe(error) + quote(response.body))
        } catch {
            throw .unexpected("not JSON\(quote(response.body))")
        }
    }

    private static func describe(_ error: DecodingError) -> String {
        let (context, what): (DecodingError.Context, String) =
            switch error {
            case .keyNotFound(let key, let context): (context, "no \(key.stringValue)")
            case .valueNotFound(_, let context): (context, "null")
            case .typeMismatch(_, let context): (context, "another type than expected")
            case .dataCorrupted(let context):
                (context, context.codingPath.isEmpty ? "not JSON" : context.debugDescription)
            @unknown default: (DecodingError.Context(codingPath: [], debugDescription: ""), "not as expected")
            }
        let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        return path.isEmpty ? what : "\(path): \(what)"
    }

    /// The beginning of a body, so that a proxy's error page shows itself.
    static func quote(_ body: [UInt8]) -> String {
        guard !body.isEmpty else { return ", empty" }
        let text = String(decoding: body.prefix(quoteLimit), as: UTF8.self)
        return ": "
            + String(
                text.map { $0.isNewline || $0.unicodeScalars.contains { $0.value < 32 || $0.value == 127 } ? " " : $0 })
    }
}

extension PullAnswer.Body {
    private static let names = ["log", "cursor", "hits", "more"].map { Array($0.utf8) }

    /// `nil` if it is none, or ``PlainJSON`` gives up on it: then `JSONDecoder` says what it is.
    init?(plain bytes: [UInt8]) {
        var text = PlainJSON(bytes)
        var (log, cursor, more): (String?, String?, Bool?)
        var hits: [Hit]?
        let found = text.members(of: Self.names) { place, text in
            switch place {
            case 0:
                log = text.string()
                return log != nil
            case 1:
                cursor = text.string()
                return cursor != nil
            case 2:
                var some: [Hit] = []
                let isList = text.elements { text in
                    guard let hit = Hit(plain: &text) else { return false }
                    some.append(hit)
                    return true
                }
                hits = some
                return isList
            default:
                more = text.boolean()
                return more != nil
            }
        }
        guard found != nil, text.isAtEnd, let log, let cursor, let hits, let more else { return nil }
        self.init(log: log, cursor: cursor, hits: hits, more: more)
    }
}
