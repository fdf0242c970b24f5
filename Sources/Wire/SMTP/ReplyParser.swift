/// Cuts what a server sends into replies.
///
/// A line may end with LF alone. What was read before a fault is still returned; from then on there is only the fault.
package struct ReplyParser: Sendable {
    /// Octets of a line without its line feed.
    static let lineLimit = 4_096

    /// Set once the server has sent what is no reply: the connection is of no more use.
    package private(set) var failure: ReplyError?
    private var line: [UInt8] = []
    private var lines: [[UInt8]] = []
    private var code = 0

    package init() {}

    /// Whether a reply has begun and not ended.
    package var isInsideReply: Bool { !line.isEmpty || !lines.isEmpty }

    /// The replies that end in `bytes`. A fault behind them is in ``failure`` and is thrown by the next call.
    package mutating func feed(_ bytes: some Collection<UInt8>) throws(ReplyError) -> [Reply] {
        try feed(Array(bytes)[...])
    }

    private mutating func feed(_ bytes: ArraySlice<UInt8>) throws(ReplyError) -> [Reply] {
        if let failure { throw failure }
        var replies: [Reply] = []
        do throws(ReplyError) {
            var rest = bytes
            while let end = rest.firstIndex(of: 0x0a) {
                try append(rest[..<end])
                rest = rest[(end + 1)...]
                if let reply = try endLine() { replies.append(reply) }
            }
            try append(rest)
        } catch {
            failure = error
            line = []
            lines = []
            if replies.isEmpty { throw error }
        }
        return replies
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) throws(ReplyError) {
        guard line.count + bytes.count <= Self.lineLimit else { throw .lineTooLong(limit: Self.lineLimit) }
        line += bytes
    }

    /// The whole reply if it ends with this line.
    private mutating func endLine() throws(ReplyError) -> Reply? {
        if line.last == 0x0d { line.removeLast() }
        let digits = line.prefix(3)
        let code = digits.reduce(0) { $0 * 10 + Int($1) - 0x30 }
        guard digits.count == 3, digits.allSatisfy(\.isDigit), Reply.codes.contains(code),
            line.count == 3 || line[3] == UInt8(ascii: "-") || line[3] == 0x20
        else { throw .notAReply(Reply(code: 500, lines: [Array(line.prefix(80))]).text) }
        guard lines.isEmpty || code == self.code else { throw .codesDiffer(self.code, code) }
        guard lines.count < Reply.maximumLines else { throw .tooManyLines(limit: Reply.maximumLines) }
        let isLast = line.count == 3 || line[3] == 0x20
        self.code = code
        lines.append(Array(line.dropFirst(4)))
        line.removeAll(keepingCapacity: true)
        guard isLast else { return nil }
        defer { lines = [] }
        return Reply(code: code, lines: lines)
    }
}

/// The server does not keep to the protocol.
package enum ReplyError: Error, Sendable, Equatable {
    /// Octets.
    case lineTooLong(limit: Int)
    case tooManyLines(limit: Int)
    /// The beginning of the line, safe to show.
    case notAReply(String)
    /// Of two lines of one reply.
    case codesDiffer(Int, Int)
    /// A reply to no command.
    case unexpected(Reply)
}

extension ReplyError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .lineTooLong(let limit): "the server sent a reply line of more than \(limit) bytes"
        case .tooManyLines(let limit): "the server sent a reply of more than \(limit) lines"
        case .notAReply(let line): "the server sent a line that is no SMTP reply: \(line)"
        case .codesDiffer(let first, let second): "the server changed from \(first) to \(second) inside one reply"
        case .unexpected(let reply): "the server sent a reply to no command: \(reply.code) \(reply.text)"
        }
    }
}
