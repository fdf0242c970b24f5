@testable import IMAP

extension FuzzTarget {
    /// A server's bytes before any session looks at them.
    static let imapResponses = FuzzTarget("imap-responses", workPerByte: 1_000) { input in
        let limits = ParserLimits(tightness: input.choice(of: 3))
        let cuts = input.cuts()
        let bytes = input.text
        let whole = Reading(of: [bytes], limits)
        let cut = Reading(of: cuts.pieces(of: bytes), limits)
        try require(whole == cut, "whole it reads \(whole), cut into \(cuts.lengths) it reads \(cut)")

        let lines = bytes.count { $0 == UInt8(ascii: "\n") }
        try require(whole.responses.count <= lines, "\(whole.responses.count) responses in \(lines) lines")
        var kept = 0
        for response in whole.responses {
            kept += response.kept
            try require(!response.namesZero, "a UID, UIDVALIDITY or MODSEQ of 0 in \(response)")
        }
        try require(kept <= bytes.count, "\(kept) bytes kept of \(bytes.count)")
        _ = Greeting(lines: bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) })
    }
}

extension ParserLimits {
    /// 0 is the product's own; the others are so tight that short inputs meet them.
    init(tightness: Int) {
        self.init()
        guard tightness > 0 else { return }
        line = 256 * tightness
        literal = 32 * tightness
        drain = 512
        response = 300 * tightness
        literals = 4
        nesting = 3
        items = 6
        setRanges = 4
    }
}

private struct Reading: Equatable {
    var responses: [Response] = []
    var error: IMAPSyntaxError?
    var isInside = false

    init(of pieces: [[UInt8]], _ limits: ParserLimits) {
        var parser = ResponseParser(limits: limits)
        for piece in pieces {
            parser.append(piece)
            do throws(IMAPSyntaxError) {
                while let response = try parser.next() { responses.append(response) }
            } catch {
                self.error = error
                return
            }
        }
        isInside = parser.isInsideResponse
    }
}

extension Response {
    /// Bytes of the server's that it holds as they came.
    fileprivate var kept: Int {
        switch self {
        case .unparsable(let bytes): bytes.count
        case .untagged(.fetch(let data)):
            data.sections.reduce(0) { if case .bytes(let bytes) = $1.content { $0 + bytes.count } else { $0 } }
        case .untagged(.list(let entry)): entry.name.wire.count
        case .untagged(.search(let result)): (result.all?.ranges.count ?? 0) + (result.partial?.uids.ranges.count ?? 0)
        case .untagged(.vanished(let uids, _)): uids.ranges.count
        case .untagged, .tagged, .continuation: 0
        }
    }

    fileprivate var namesZero: Bool {
        switch self {
        case .untagged(.fetch(let data)):
            data.uid == 0 || data.modificationSequence == 0
        case .untagged(.search(let result)):
            result.all?.first == 0 || result.minimum == 0 || result.maximum == 0 || result.partial?.uids.first == 0
                || result.highestModificationSequence == 0
        case .untagged(.vanished(let uids, _)): uids.first == 0
        case .untagged(.mailboxStatus(_, let status)):
            status.uidValidity == 0 || status.uidNext == 0 || status.highestModificationSequence == 0
        case .untagged, .tagged, .continuation, .unparsable: false
        }
    }
}
