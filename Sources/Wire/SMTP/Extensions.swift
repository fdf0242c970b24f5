/// The service extensions of an EHLO reply (RFC 5321 4.1.1.1) that are understood here. CHUNKING and BINARYMIME are not.
package struct Extensions: Sendable, Equatable {
    /// RFC 1870.
    package enum Size: Sendable, Equatable {
        /// `SIZE` or `SIZE 0`: there is no fixed limit.
        case unstated
        /// Octets of a message.
        case limit(Int)
    }

    package var pipelining = false
    package var eightBitMIME = false
    package var smtpUTF8 = false
    package var dsn = false
    package var enhancedStatusCodes = false
    package var startTLS = false
    package var size: Size?
    /// SASL mechanisms, in upper case.
    package var auth: [String] = []

    package init() {}

    /// - Parameter replyLines: all that the server said in a conversation that held the greeting, EHLO or HELO, STARTTLS and
    ///   AUTH; each line with its code. The last 250 counts: after STARTTLS the first is void (RFC 3207 4.2).
    package init(replyLines: [String]) {
        var reply: [String] = []
        var last: [String] = []
        for line in replyLines {
            let text = line.prefix { $0 != "\r" && $0 != "\n" && $0 != "\r\n" }
            reply.append(String(text.dropFirst(4)))
            guard !text.dropFirst(3).hasPrefix("-") else { continue }
            if text.hasPrefix("250") { last = reply }
            reply = []
        }
        // The first line is the server's name.
        for line in last.dropFirst() { add(line) }
    }

    private mutating func add(_ line: String) {
        let words = line.split(separator: " ").map { $0.utf8.upperCased }
        switch words.first {
        case "PIPELINING": pipelining = true
        case "8BITMIME": eightBitMIME = true
        case "SMTPUTF8": smtpUTF8 = true
        case "DSN": dsn = true
        case "ENHANCEDSTATUSCODES": enhancedStatusCodes = true
        case "STARTTLS": startTLS = true
        case "SIZE":
            let limit = words.dropFirst().first.flatMap { Int($0) } ?? 0
            size = limit > 0 ? .limit(limit) : .unstated
        case "AUTH": auth = Array(words.dropFirst())
        default: break
        }
    }

    /// What can be offered by one who hands on to the other. STARTTLS and AUTH belong to a connection, so they are left out.
    /// A server without SIZE has no limit to state, so the other's holds.
    package func intersection(_ other: Extensions) -> Extensions {
        var both = Extensions()
        both.pipelining = pipelining && other.pipelining
        both.eightBitMIME = eightBitMIME && other.eightBitMIME
        both.smtpUTF8 = smtpUTF8 && other.smtpUTF8
        both.dsn = dsn && other.dsn
        both.enhancedStatusCodes = enhancedStatusCodes && other.enhancedStatusCodes
        both.size =
            switch (size, other.size) {
            case (.limit(let one), .limit(let another)): .limit(min(one, another))
            case (.limit(let limit), _), (_, .limit(let limit)): .limit(limit)
            case (.unstated, _), (_, .unstated): .unstated
            case (nil, nil): nil
            }
        return both
    }

    /// How many octets a message of that size may grow by; `nil`: there is no limit.
    package func room(for size: Int) -> Int? {
        guard case .limit(let limit) = self.size else { return nil }
        return max(0, limit - size)
    }

    /// The lines behind the first one of an EHLO reply.
    var lines: [String] {
        var lines: [String] = []
        if pipelining { lines.append("PIPELINING") }
        switch size {
        case .limit(let limit): lines.append("SIZE \(limit)")
        case .unstated: lines.append("SIZE")
        case nil: break
        }
        if eightBitMIME { lines.append("8BITMIME") }
        if smtpUTF8 { lines.append("SMTPUTF8") }
        if dsn { lines.append("DSN") }
        if enhancedStatusCodes { lines.append("ENHANCEDSTATUSCODES") }
        if startTLS { lines.append("STARTTLS") }
        if !auth.isEmpty { lines.append("AUTH \(auth.joined(separator: " "))") }
        return lines
    }
}
