import NIOHTTP1

/// A request head that may be answered.
struct Request {
    /// Why a head is refused before anything is looked up.
    enum Refusal: String, Error, CaseIterable {
        /// Not HTTP/1.x as RFC 9112 has it, or without exactly one Host.
        case malformed
        case targetTooLong = "target-too-long"
        case headTooLarge = "head-too-large"
        /// A body is announced; none is ever read.
        case body
    }

    let method: String
    /// As sent, from the first slash on, without the query.
    let path: Substring
    let query: Substring?
    let headers: HTTPHeaders
    let keepAlive: Bool

    init(_ head: HTTPRequestHead, limits: PixelServer.Limits) throws(Refusal) {
        guard head.uri.utf8.count <= limits.targetBytes else { throw .targetTooLong }
        // RFC 9112 section 3.2: one Host, exactly; it is not used for anything.
        let hosts = head.headers["host"].count
        guard hosts == 1 || hosts == 0 && head.version.minor == 0 else { throw .malformed }
        let length = head.headers["content-length"]
        guard head.headers["transfer-encoding"].isEmpty, length.allSatisfy({ $0 == "0" }) else { throw .body }
        method = head.method.rawValue
        headers = head.headers
        // An upgrade is never accepted, but the decoder stops at one.
        let upgrades = head.method == .CONNECT || !head.headers["upgrade"].isEmpty
        keepAlive = head.isKeepAlive && head.version.minor == 1 && !upgrades
        let target = Self.origin(head.uri)
        let end = target.firstIndex { $0 == "?" || $0 == "#" } ?? target.endIndex
        path = target[..<end]
        query = end < target.endIndex && target[end] == "?" ? target[target.index(after: end)...] : nil
    }

    /// RFC 9112 section 3.2.2: a target in absolute form is answered as well.
    private static func origin(_ uri: String) -> Substring {
        guard !uri.hasPrefix("/"), let scheme = uri.firstRange(of: "://") else { return uri[...] }
        return uri[scheme.upperBound...].drop { $0 != "/" && $0 != "?" }
    }
}
