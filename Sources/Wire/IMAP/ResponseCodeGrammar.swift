/// RFC 9051, resp-text: `[CODE arguments] words`.
extension Scanner {
    /// The rest of the response. Never fails: what is no code is text. Quirk: `* OK`, `* OK [HIGHESTMODSEQ 5]` (Gmail)
    /// without the words that RFC 3501 asks for.
    mutating func responseText() -> ResponseText {
        skipSpaces()
        let start = position
        var code: ResponseCode?
        if take("[") {
            code = responseCode()
            if code == nil { position = start }
        }
        skipSpaces()
        let text = rest.text
        position = frame.bytes.count
        return ResponseText(code: code, text: text)
    }

    /// Behind `[`. `nil`, at any position, if there is no `]`.
    private mutating func responseCode() -> ResponseCode? {
        let name = run { $0 == 0x20 || $0 == UInt8(ascii: "]") || $0 == UInt8(ascii: "(") }.upperCased
        guard !name.isEmpty else { return nil }
        skipSpaces()
        let start = position
        do throws(GrammarError) {
            if let code = try knownCode(name) {
                skipSpaces()
                try expect("]")
                return code
            }
        } catch {}
        position = start
        let arguments = run { $0 == UInt8(ascii: "]") }
        guard take("]") else { return nil }
        return .other(name: name, arguments: arguments.text)
    }

    private mutating func knownCode(_ name: String) throws(GrammarError) -> ResponseCode? {
        if let simple = Self.simpleCodes[name] { return simple }
        switch name {
        case "APPENDUID":
            return .appendUID(try uidValidity(), try spacedSet())
        case "BADCHARSET":
            if peek == UInt8(ascii: "(") { try skipValue() }
            return .badCharset
        case "CAPABILITY":
            var all: [Capability] = []
            while let peek, peek != UInt8(ascii: "]"), all.count < limits.items {
                all.append(Capability(run { $0 == 0x20 || $0 == UInt8(ascii: "]") }.text))
                skipSpaces()
            }
            return .capability(all)
        case "COPYUID":
            return .copyUID(try uidValidity(), source: try spacedSet(), destination: try spacedSet())
        case "HIGHESTMODSEQ":
            let text = run { $0 == UInt8(ascii: "]") }
            guard let value = UInt64(String(decoding: text, as: UTF8.self)) else {
                return text.elementsEqual("-1".utf8) ? .noModificationSequences : nil
            }
            guard value <= UInt64(Int64.max) else { return nil }
            return value == 0 ? .noModificationSequences : .highestModificationSequence(ModificationSequence(value))
        case "MESSAGELIMIT":
            let limit = try number()
            skipSpaces()
            return .messageLimit(limit, lastUID: peek?.isDigit == true ? UID(try number32()) : nil)
        case "MODIFIED":
            return .modified(try uidSet())
        case "PERMANENTFLAGS":
            return .permanentFlags(try flags())
        case "UIDNEXT":
            return .uidNext(UID(try positive32()))
        case "UIDVALIDITY":
            return .uidValidity(try uidValidity())
        case "UNSEEN":
            return .unseen(SequenceNumber(try number32()))
        default:
            return nil
        }
    }

    private mutating func positive32() throws(GrammarError) -> UInt32 {
        let number = try number32()
        if number == 0 { throw GrammarError() }
        return number
    }

    private mutating func uidValidity() throws(GrammarError) -> UIDValidity { UIDValidity(try positive32()) }

    private mutating func spacedSet() throws(GrammarError) -> UIDSet {
        try expect(" ")
        skipSpaces()
        return try uidSet()
    }

    private static let simpleCodes: [String: ResponseCode] = [
        "ALERT": .alert, "ALREADYEXISTS": .alreadyExists, "AUTHENTICATIONFAILED": .authenticationFailed,
        "AUTHORIZATIONFAILED": .authorizationFailed, "CANNOT": .cannot, "CLIENTBUG": .clientBug, "CLOSED": .closed,
        "CONTACTADMIN": .contactAdministrator, "CORRUPTION": .corruption, "EXPIRED": .expired,
        "EXPUNGEISSUED": .expungeIssued, "HASCHILDREN": .hasChildren, "INUSE": .inUse, "LIMIT": .limit,
        "NOMODSEQ": .noModificationSequences, "NONEXISTENT": .nonExistent, "NOPERM": .noPermission,
        "NOTIFICATIONOVERFLOW": .notificationOverflow, "OVERQUOTA": .overQuota, "PARSE": .parse,
        "PRIVACYREQUIRED": .privacyRequired, "READ-ONLY": .readOnly, "READ-WRITE": .readWrite,
        "SERVERBUG": .serverBug, "THROTTLED": .throttled, "TOOBIG": .tooBig, "TRYCREATE": .tryCreate,
        "UIDNOTSTICKY": .uidNotSticky, "UNAVAILABLE": .unavailable, "UNKNOWN-CTE": .unknownTransferEncoding,
    ]
}
