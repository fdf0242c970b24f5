/// What a request's head may have of what a stranger chooses.
struct HeadLimits: Sendable {
    /// Of all names and values together.
    let bytes: Int
    let fields: Int
    let targetBytes: Int
}

/// Takes request heads out of a connection's bytes, HTTP/1.0 and 1.1 as RFC 9112 has them, and nothing that two readers
/// could read in two ways: no bare LF or CR, no folded line, no blank before a colon, no byte 0.
///
/// There is no body in this server's life: a head that announces one is refused, and so is all behind it.
struct HeadDecoder {
    private let limits: HeadLimits
    private var unread: [UInt8] = []
    /// So many bytes of `unread` are of heads that were taken, and so many behind them hold no end of a head.
    private var taken = 0
    private var searched = 0
    private var isOver = false

    init(limits: HeadLimits) { self.limits = limits }

    mutating func receive(_ bytes: some Collection<UInt8>) {
        if isOver { return }
        unread.removeFirst(taken)
        taken = 0
        unread += bytes
    }

    /// The request, if these bytes are one whole head that is in order, and nothing else.
    static func only(_ bytes: UnsafeRawBufferPointer, _ limits: HeadLimits) -> Request? {
        guard let end = end(of: bytes, from: 0), end + 4 == bytes.count, end <= limits.bytes + limits.targetBytes
        else { return nil }
        return try? parse(bytes, 0, end + 2, limits)
    }

    /// The next whole head, or why the connection takes no more; nil until more has come.
    mutating func next() -> Result<Request, Request.Refusal>? {
        guard !isOver, taken < unread.count else { return nil }
        let found = unread.withUnsafeBytes { take(from: UnsafeRawBufferPointer(rebasing: $0[taken...])) }
        if case .failure = found.result { isOver = true }
        taken += found.count
        searched = found.searched
        if isOver || taken == unread.count {
            unread = []
            taken = 0
        }
        return found.result
    }

    /// And how many bytes it was; of those that are no head yet, how many need not be searched again.
    private func take(
        from bytes: UnsafeRawBufferPointer
    ) -> (result: Result<Request, Request.Refusal>?, count: Int, searched: Int) {
        // RFC 9112 section 2.2: an empty line before a request is ignored.
        let start = bytes.count >= 2 && bytes[0] == .cr && bytes[1] == .lf ? 2 : 0
        guard let end = Self.end(of: bytes, from: max(start, searched - 3)) else {
            return (refusal(ofUnfinished: bytes, from: start).map { .failure($0) }, 0, bytes.count)
        }
        let count = end + 4
        guard end - start <= limits.bytes + limits.targetBytes else { return (.failure(.headTooLarge), count, 0) }
        return (Result { () throws(Request.Refusal) in try Self.parse(bytes, start, end + 2, limits) }, count, 0)
    }

    /// A stranger who never ends a line is not waited for longer than it takes to know.
    private func refusal(ofUnfinished bytes: UnsafeRawBufferPointer, from start: Int) -> Request.Refusal? {
        // Of the end, which does not count, three bytes may be there.
        guard bytes.count - start > limits.bytes + limits.targetBytes + 3 else { return nil }
        return .headTooLarge
    }

    /// Where CR LF CR LF is.
    private static func end(of bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        // The last of the four decides: of a text three in four bytes are never looked at.
        while index + 3 < bytes.count {
            switch bytes[index + 3] {
            case .lf:
                if bytes[index + 2] == .cr, bytes[index + 1] == .lf, bytes[index] == .cr { return index }
                index += 2
            case .cr: index += 1
            default: index += 4
            }
        }
        return nil
    }

    /// `end` is behind the last line's CR LF.
    private static func parse(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int, _ limits: HeadLimits
    ) throws(Request.Refusal) -> Request {
        var line = Line(bytes, start, end)
        guard let first = line.next() else { throw .malformed }
        let (method, target, minor) = try requestLine(bytes, first, limits)
        var fields = Fields()
        var size = 0
        while let range = line.next() {
            size += range.count
            guard fields.count < limits.fields, size <= limits.bytes else { throw .headTooLarge }
            guard fields.append(bytes, range) else { throw .malformed }
        }
        guard line.isOver else { throw .malformed }
        return try Request(method: method, target: target, minor: minor, fields: fields)
    }

    /// RFC 9112 section 3: `GET /i/….gif HTTP/1.1`, one blank each.
    private static func requestLine(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>, _ limits: HeadLimits
    ) throws(Request.Refusal) -> (method: String, target: String, minor: Int) {
        guard let first = line.first(where: { bytes[$0] == .space }), first > line.lowerBound,
            let last = line.last(where: { bytes[$0] == .space }), last > first + 1
        else { throw .malformed }
        let method = line.lowerBound..<first
        let target = first + 1..<last
        guard method.count <= 32, method.allSatisfy({ bytes[$0].isTokenCharacter }) else { throw .malformed }
        guard target.allSatisfy({ (0x21...0x7e).contains(bytes[$0]) }) else { throw .malformed }
        guard target.count <= limits.targetBytes else { throw .targetTooLong }
        let version = UnsafeRawBufferPointer(rebasing: bytes[last + 1..<line.upperBound])
        guard version.count == 8, version.dropLast().elementsEqual("HTTP/1.".utf8),
            version[7] == 0x30 || version[7] == 0x31
        else { throw .malformed }
        return (
            String(decoding: UnsafeRawBufferPointer(rebasing: bytes[method]), as: UTF8.self),
            String(decoding: UnsafeRawBufferPointer(rebasing: bytes[target]), as: UTF8.self), Int(version[7] - 0x30)
        )
    }
}

/// The lines of a head, each without its CR LF; stops at what does not end a line in the one right way.
private struct Line {
    private let bytes: UnsafeRawBufferPointer
    private var index: Int
    private let end: Int
    private(set) var isOver = false

    init(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) {
        self.bytes = bytes
        index = start
        self.end = end
    }

    mutating func next() -> Range<Int>? {
        guard index < end else {
            isOver = true
            return nil
        }
        let start = index
        while index < end {
            let byte = bytes[index]
            if byte == .cr {
                guard index + 1 < end, bytes[index + 1] == .lf else { return nil }
                index += 2
                return start..<index - 2
            }
            guard byte >= 0x20 && byte != 0x7f || byte == .tab else { return nil }
            index += 1
        }
        return nil
    }
}

/// A head's fields, names in lower case, in the order they came.
struct Fields: Sendable {
    typealias Field = (name: String, value: String)
    private(set) var all: [Field] = []

    var count: Int { all.count }

    init() {}

    /// For those that are made up.
    init(_ fields: [(String, String)]) { all = fields.map { ($0.0.lowercased(), $0.1) } }

    /// The values of a name that is given in lower case.
    subscript(name: String) -> [String] { all.compactMap { $0.name == name ? $0.value : nil } }

    func first(_ name: String) -> String? { all.first { $0.name == name }?.value }
    func has(_ name: String) -> Bool { all.contains { $0.name == name } }

    /// RFC 9112 section 5: `name:`, blanks, value, blanks. False when it is none.
    fileprivate mutating func append(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) -> Bool {
        guard let colon = line.first(where: { bytes[$0] == UInt8(ascii: ":") }), colon > line.lowerBound else {
            return false
        }
        let name = line.lowerBound..<colon
        guard name.allSatisfy({ bytes[$0].isTokenCharacter }) else { return false }
        var value = colon + 1..<line.upperBound
        while let first = value.first, bytes[first].isBlank { value.removeFirst() }
        while let last = value.last, bytes[last].isBlank { value.removeLast() }
        let lowercase = String(unsafeUninitializedCapacity: name.count) { text in
            for (offset, index) in name.enumerated() {
                let byte = bytes[index]
                text[offset] = (0x41...0x5a).contains(byte) ? byte | 0x20 : byte
            }
            return name.count
        }
        all.append((lowercase, String(decoding: UnsafeRawBufferPointer(rebasing: bytes[value]), as: UTF8.self)))
        return true
    }
}

extension UInt8 {
    fileprivate static let cr: UInt8 = 0x0d
    fileprivate static let lf: UInt8 = 0x0a
    fileprivate static let space: UInt8 = 0x20
    fileprivate static let tab: UInt8 = 0x09
    fileprivate var isBlank: Bool { self == .space || self == .tab }

    /// RFC 9110 section 5.6.2.
    fileprivate var isTokenCharacter: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        case 0x21, 0x23...0x27, 0x2a, 0x2b, 0x2d, 0x2e, 0x5e...0x60, 0x7c, 0x7e: true
        default: false
        }
    }
}
