/// What a client has sent and nobody has read yet; cut into command lines, or taken as content.
struct ClientInput: Sendable {
    enum Line: Equatable {
        /// UTF-8 without control characters.
        case text([UInt8])
        /// A line end other than CRLF, control characters, or no UTF-8.
        case malformed
        case tooLong
    }

    private var bytes: [UInt8] = []
    private var consumed = 0
    /// Up to where there is no line feed.
    private var scanned = 0
    /// Whether the rest of a line that was too long is still to come.
    private var isDropping = false

    var count: Int { bytes.count - consumed }

    mutating func append(_ more: some Collection<UInt8>) {
        if consumed == bytes.count {
            bytes = Array(more)
            consumed = 0
            scanned = 0
        } else {
            if consumed > bytes.count / 2 {
                bytes.removeFirst(consumed)
                scanned -= consumed
                consumed = 0
            }
            bytes += more
        }
    }

    mutating func removeAll() { self = ClientInput() }

    /// The next line, or `nil` until its end has come.
    /// - Parameter limit: octets with the line end, by what the line begins with.
    mutating func line(limit: (ArraySlice<UInt8>) -> Int) -> Line? {
        guard let end = bytes[scanned...].firstIndex(of: 0x0a) else {
            scanned = bytes.count
            if isDropping || count > limit(bytes[consumed...]) {
                isDropping = true
                consumed = bytes.count
            }
            return nil
        }
        let line = bytes[consumed...end]
        consumed = end + 1
        scanned = consumed
        if isDropping || line.count > limit(line) {
            isDropping = false
            return .tooLong
        }
        let text = line.dropLast(2)
        guard line.suffix(2).elementsEqual([0x0d, 0x0a]), !text.contains(where: \.isControl),
            String(validating: text, as: UTF8.self) != nil
        else { return .malformed }
        return .text(Array(text))
    }

    /// All that has come, up to the place that `read` returns, or to the end.
    mutating func content<Result>(_ read: (UnsafeBufferPointer<UInt8>) -> (Result, Int?)) -> Result {
        let (result, end) = bytes.withUnsafeBufferPointer { read(UnsafeBufferPointer(rebasing: $0[consumed...])) }
        consumed = end.map { consumed + $0 } ?? bytes.count
        scanned = consumed
        return result
    }
}
