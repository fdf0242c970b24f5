import FoundationEssentials

@testable import MIME

extension FuzzTarget {
    /// A message of a stranger's: its header and its tree of parts.
    static let mimeMessage = FuzzTarget("mime-message", workPerByte: 1_000) { input in
        let limits = input.choice(of: 2) == 0 ? MessageLimits.standard : .tight
        let bytesSeen = input.choice(of: 256) * 16
        let bytes = input.text
        let parts = MessageParser.leaves(of: bytes, limits: limits)
        try check(parts, of: bytes.count, limits)

        // A message cut off loses what is behind the cut and the leaf that it is in. That leaf may be followed by an
        // empty one, where the cut left of an inner delimiter just what an outer one is.
        let seen = MessageParser.leaves(of: Array(bytes.prefix(bytesSeen)), limits: limits)
        let sure = seen.dropLast(2)
        try require(parts.starts(with: sure), "the first \(bytesSeen) bytes have \(seen), all have \(parts)")

        for limits in [HeaderLimits.standard, MessageLimits.tight.partHeader] {
            try check(HeaderFields(parsing: bytes, limits: limits), of: bytes.count, limits)
        }
    }

    private static func check(_ parts: [MessagePart], of count: Int, _ limits: MessageLimits) throws {
        try require(parts.count <= limits.parts, "\(parts.count) parts")
        try require(Set(parts.map(\.section)).count == parts.count, "a section twice: \(parts.map(\.section))")
        var end = 0
        for part in parts {
            try require(part.body.lowerBound >= end && part.body.upperBound <= count, "\(part) in \(count) bytes")
            end = part.body.upperBound
            let depth = part.section.split(separator: ".").count
            try require((1...limits.depth).contains(depth), "section \(part.section)")
        }
    }

    private static func check(_ fields: HeaderFields, of count: Int, _ limits: HeaderLimits) throws {
        try require(fields.count <= limits.fields, "\(fields.count) fields")
        try require(fields.bodyStart <= count, "a body from \(fields.bodyStart) on in \(count) bytes")
        let addresses = ["from", "to", "cc"].map(fields.addresses)
        for list in addresses { try require(list.count <= limits.addresses, "\(list.count) addresses") }
        let shown = addresses.joined().flatMap { [$0.address, $0.displayName].compactMap(\.self) }
        for text in shown + [fields.subject].compactMap(\.self) {
            try require(!text.unicodeScalars.contains(where: \.steersTerminals), "control characters in \(text)")
            try require(text.utf8.count <= 3 * count, "\(text.utf8.count) bytes of text out of \(count)")
        }
        let identifiers = [fields.messageID].compactMap(\.self) + fields.repliesTo
        try require(identifiers.count <= 201, "\(identifiers.count) Message-IDs")
        for identifier in identifiers {
            try require(!identifier.contains { $0.isWhitespace && $0.isASCII }, "a blank in \(identifier)")
        }
        if let date = fields.date {
            let years = -62_135_683_200.0...253_402_387_200.0
            try require(years.contains(date.timeIntervalSince1970), "\(date.timeIntervalSince1970) is no date of mail")
        }
        _ = (fields.contentDisposition?.filename, fields.contentType.boundary, fields.transferEncoding)
    }
}

extension MessageLimits {
    fileprivate static let tight = MessageLimits(
        depth: 3, parts: 4, partHeader: HeaderLimits(bytes: 256, fields: 4, valueBytes: 64, addresses: 3))
}

extension Unicode.Scalar {
    var steersTerminals: Bool {
        switch value {
        case 0..<0x20, 0x7f..<0xa0, 0x202a...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}
