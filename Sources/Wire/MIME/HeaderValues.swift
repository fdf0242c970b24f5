import FoundationEssentials

/// The fields that Sentmark reads, decoded. Each takes the first field of its name.
extension HeaderFields {
    /// `Message-ID` without its angle brackets.
    package var messageID: String? { messageID(in: "message-id") }

    /// The first Message-ID in a field of that name, without its angle brackets.
    package func messageID(in name: String) -> String? {
        value(name).flatMap { MessageID.all(in: $0, limit: 1).first }
    }

    /// The Message-IDs of `In-Reply-To`, then those of `References`, each once, at most 200.
    package var repliesTo: [String] {
        var seen: Set<String> = []
        return ["in-reply-to", "references"].flatMap { MessageID.all(in: value($0) ?? [], limit: 100) }
            .filter { seen.insert($0).inserted }
    }

    /// `Date` as a point in time; `nil` if there is none that can be read.
    package var date: Date? { value("date").flatMap(DateTime.parse) }

    /// `Subject` as people see it.
    package var subject: String? { value("subject").map { EncodedWords.decode($0) } }

    /// The mailboxes of all `To`, `Cc`, … fields of that name, groups taken apart.
    package func addresses(_ name: String) -> [Address] {
        var found: [Address] = []
        for value in values(name) where found.count < limits.addresses {
            found += Address.list(value, limit: limits.addresses - found.count)
        }
        return found
    }

    /// `Content-Type`; `text/plain` where it is missing or has no type (RFC 2045 5.2).
    package var contentType: ContentType { value("content-type").flatMap { ContentType($0) } ?? .plainText }

    /// ``ContentType/mayHoldHTML`` of the `Content-Type`, without a look at its parameters.
    package var mayHoldHTML: Bool {
        (value("content-type").flatMap { ContentType(kindOf: $0) } ?? .plainText).mayHoldHTML
    }

    /// `Content-Disposition`.
    package var contentDisposition: ContentDisposition? {
        value("content-disposition").flatMap { ContentDisposition($0) }
    }

    /// `Content-Transfer-Encoding`; identity where it is missing or unknown.
    package var transferEncoding: TransferEncoding {
        TransferEncoding(String(decoding: value("content-transfer-encoding") ?? [], as: UTF8.self))
    }
}

/// Message identifiers (RFC 5322 3.6.4), read with more tolerance than they are written.
enum MessageID {
    static let maximumLength = 998

    /// The identifiers without brackets; words with an `@` where there are no brackets at all.
    static func all(in value: [UInt8], limit: Int) -> [String] {
        var found: [String] = []
        var rest = value[...]
        while found.count < limit, let open = rest.firstIndex(of: UInt8(ascii: "<")) {
            let inside = rest[(open + 1)...]
            // A missing `>` ends at the next `<`.
            let close = inside.firstIndex { $0 == UInt8(ascii: ">") || $0 == UInt8(ascii: "<") } ?? inside.endIndex
            append(inside[..<close], to: &found)
            rest = inside[close...]
        }
        if found.isEmpty, !value.contains(UInt8(ascii: "<")) {
            for word in value.split(whereSeparator: \.isBlank) where found.count < limit {
                if word.contains(UInt8(ascii: "@")) { append(word, to: &found) }
            }
        }
        return found
    }

    private static func append(_ bytes: ArraySlice<UInt8>, to found: inout [String]) {
        let identifier = bytes.filter { $0 > 0x20 && $0 != 0x7f }
        if !identifier.isEmpty, identifier.count <= maximumLength {
            found.append(String(decoding: identifier, as: UTF8.self))
        }
    }
}
