/// Cuts a stream into lines without holding more of it than one line needs.
struct LineReader {
    /// Of the line that ``next(read:)`` returned last; counted from 1.
    private(set) var number = 0
    private let limit: Int
    private var pending: [UInt8] = []
    /// Where in `pending` the next line begins, and how far it has been searched for an end.
    private var start = 0
    private var searched = 0
    private var isEnded = false

    /// A line longer than `limit` bytes comes in pieces of one byte more, so that its reader can tell.
    init(limit: Int) { self.limit = limit }

    /// Without its line end (LF or CR LF); `nil` after the last. `read` returns no bytes at the end of the stream.
    mutating func next(read: () throws -> [UInt8]) throws -> [UInt8]? {
        while true {
            let window = min(pending.count, start + limit + 1)
            if let end = pending[searched..<window].firstIndex(of: UInt8(ascii: "\n")) {
                return take(upTo: end, skipping: 1)
            }
            searched = window
            if window - start > limit || (isEnded && start < window) { return take(upTo: window, skipping: 0) }
            if isEnded { return nil }
            pending.removeSubrange(..<start)
            searched -= start
            start = 0
            let bytes = try read()
            isEnded = bytes.isEmpty
            pending += bytes
        }
    }

    private mutating func take(upTo end: Int, skipping count: Int) -> [UInt8] {
        var line = pending[start..<end]
        if count > 0, line.last == UInt8(ascii: "\r") { line.removeLast() }
        start = end + count
        searched = start
        number += 1
        return Array(line)
    }
}
