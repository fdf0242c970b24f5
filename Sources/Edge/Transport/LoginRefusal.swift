import FoundationEssentials

/// What a mail server said about a login that did not succeed, read from its lines alone.
///
/// libcurl answers all of these with the same code (67), and gives no text.
enum LoginRefusal: Equatable {
    /// The credentials are wrong, expired or not allowed here.
    case rejected(String)
    /// Not now: overloaded, too many connections, down for maintenance.
    case unavailable(String, after: Duration? = nil)
    /// The server wants to be contacted about this account, or demands something of the person.
    case needsPerson(String)
    /// A command was not understood.
    case notUnderstood(String)
    /// Nobody was asked: no mechanism fits.
    case noMechanism
    /// There is no line to judge by.
    case silence

    static func read(_ lines: [String], isIMAP: Bool) -> LoginRefusal {
        isIMAP ? readIMAP(lines) : readSMTP(lines)
    }
}

extension LoginRefusal {
    private static func readIMAP(_ lines: [String]) -> LoginRefusal {
        let tagged = lines.last(where: isTagged).map { $0.split(separator: " ", maxSplits: 2) }
        if let tagged, tagged[1].uppercased() != "OK" {
            let text = tagged.count > 2 ? String(tagged[2]) : ""
            return judge(text, isBad: tagged[1].uppercased() == "BAD")
        }
        if let bye = lines.last(where: { $0.uppercased().hasPrefix("* BYE") }) {
            let text = String(bye.dropFirst(5)).trimmed
            return .unavailable(text, after: code(of: text).flatMap { delays[$0] ?? nil })
        }
        // XOAUTH2 tells its reason as a challenge, after which libcurl hangs up.
        if let last = lines.last, last.hasPrefix("+") { return .rejected(challenge(last)) }
        return tagged == nil ? .silence : .noMechanism
    }

    /// RFC 5530 where the server has a response code, its words where it has none.
    private static func judge(_ text: String, isBad: Bool) -> LoginRefusal {
        switch code(of: text) {
        case "AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED", "NOPERM": return .rejected(text)
        case "PRIVACYREQUIRED", "CONTACTADMIN", "WEBALERT": return .needsPerson(text)
        case let code? where delays.keys.contains(code): return .unavailable(text, after: delays[code] ?? nil)
        default: break
        }
        // Gmail: "[ALERT] Too many simultaneous connections. (Failure)"; Exchange: "Server Unavailable. 15".
        let words = text.lowercased()
        if temporary.contains(where: words.contains) { return .unavailable(text) }
        return isBad ? .notUnderstood(text) : .rejected(text)
    }

    private static let delays: [String: Duration?] = [
        "UNAVAILABLE": nil, "SERVERBUG": nil, "INUSE": .seconds(60), "LIMIT": .seconds(60), "THROTTLED": .seconds(300),
    ]

    private static let temporary = [
        "temporar", "try again", "try later", "too many", "unavailable", "rate limit", "server busy", "overload",
        "internal error", "maximum number of connections",
    ]

    /// libcurl's tags: a letter and three digits.
    private static func isTagged(_ line: String) -> Bool {
        let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0].count == 4, let letter = parts[0].first, ("A"..."Z").contains(letter),
            parts[0].dropFirst().allSatisfy({ ("0"..."9").contains($0) })
        else { return false }
        return ["OK", "NO", "BAD"].contains(parts[1].uppercased())
    }

    /// `[CODE …] text`: CODE.
    private static func code(of text: String) -> String? {
        guard text.first == "[", let end = text.firstIndex(of: "]") else { return nil }
        return text[text.index(after: text.startIndex)..<end].split(separator: " ").first.map { $0.uppercased() }
    }

    private static func challenge(_ line: String) -> String {
        guard let data = Data(base64Encoded: String(line.dropFirst()).trimmed), !data.isEmpty else { return "" }
        let text = String(decoding: data, as: UTF8.self)
        // A challenge that was not meant to be read says nothing.
        return text.unicodeScalars.allSatisfy { $0.isASCII && $0.value >= 32 } ? text : ""
    }

    /// RFC 4954 section 6: 4yz may pass, 5yz is final.
    private static func readSMTP(_ lines: [String]) -> LoginRefusal {
        guard let last = lines.last, last.count >= 3, let status = Int(last.prefix(3)) else { return .silence }
        switch status {
        case 400..<500: return .unavailable(last)
        case 530, 534, 535, 538: return .rejected(last)
        case 500..<600: return .notUnderstood(last)
        default: return .noMechanism
        }
    }
}

extension String {
    fileprivate var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
