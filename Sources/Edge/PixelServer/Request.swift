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
    let headers: Fields
    let keepAlive: Bool

    /// `minor`: of HTTP/1.
    init(method: String, target: String, minor: Int, fields: Fields) throws(Refusal) {
        var hosts = 0
        var lengths = 0
        var announced = false
        var isChunked = false
        var closes = false
        for (name, value) in fields.all {
            switch name {
            case "host": hosts += 1
            case "content-length":
                lengths += 1
                guard !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { throw .malformed }
                announced = announced || value.utf8.contains { $0 != 0x30 }
            case "transfer-encoding": isChunked = true
            // An upgrade is never accepted; whoever asks for one may go on in another language.
            case "upgrade": closes = true
            case "connection": closes = closes || value.lowercased().split(separator: ",").contains(where: Self.isClose)
            default: break
            }
        }
        // RFC 9112 section 3.2: one Host, exactly; it is not used for anything.
        guard hosts == 1 || hosts == 0 && minor == 0 else { throw .malformed }
        // Section 6.3: what could be understood in two ways is none.
        guard lengths == 0 || lengths == 1 && !isChunked else { throw .malformed }
        guard !isChunked, !announced else { throw .body }
        self.method = method
        headers = fields
        // Section 9.3.
        keepAlive = minor == 1 && !closes && method != "CONNECT"
        guard var target = Self.origin(target) else { throw .malformed }
        // In place: by indices it would take as long as all else that is done here.
        let length = target.withUTF8 { text in text.firstIndex { $0 == 0x3f || $0 == 0x23 } ?? text.count }
        let end = target.utf8.index(target.startIndex, offsetBy: length)
        path = target[..<end]
        query = end < target.endIndex && target[end] == "?" ? target[target.index(after: end)...] : nil
    }

    private static func isClose(_ option: Substring) -> Bool {
        option.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" } == "close"
    }

    /// RFC 9112 section 3.2: a path, or in absolute form what is behind the host, or `*`.
    private static func origin(_ target: String) -> Substring? {
        if target.utf8.first == 0x2f || target == "*" { return target[...] }
        guard let scheme = target.firstRange(of: "://"), target[..<scheme.lowerBound].lowercased().hasPrefix("http")
        else { return nil }
        return target[scheme.upperBound...].drop { $0 != "/" && $0 != "?" }
    }
}
