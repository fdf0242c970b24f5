/// What stands for a token where there is none: providers that put in pixels of their own tell of a mail by its
/// Message-ID, and some of them whose copy it was.
///
/// As text `mid:MESSAGE-ID` or `mid:MESSAGE-ID RECIPIENT`, in lower case as the tokens of all hits.
package struct MessageName: Sendable, Hashable {
    private static let scheme = "mid:"
    /// Octets of either part; together they are no longer than a hit's token may be.
    package static let partLimit = 250

    /// Without angle brackets.
    package let messageID: String
    package let recipient: String?

    /// `nil` if it is no Message-ID that a hit could bear. A recipient that is no plain address is left out.
    package init?(messageID: String, recipient: String? = nil) {
        var id = messageID[...]
        if id.first == "<", id.last == ">" { id = id.dropFirst().dropLast() }
        guard Self.isPlain(id) else { return nil }
        self.messageID = id.lowercased()
        self.recipient = recipient.flatMap { Self.isPlain($0[...]) ? $0.lowercased() : nil }
    }

    /// `nil` unless it is one as text.
    package init?(_ text: String) {
        guard text.hasPrefix(Self.scheme) else { return nil }
        let parts = text.dropFirst(Self.scheme.count).split(separator: " ", omittingEmptySubsequences: false)
        guard let id = parts.first, parts.count <= 2 else { return nil }
        self.init(messageID: String(id), recipient: parts.count == 2 ? String(parts[1]) : nil)
    }

    package var text: String { recipient.map { "\(key) \($0)" } ?? key }

    /// The same for all recipients: what hits and messages are joined by.
    package var key: String { Self.scheme + messageID }

    /// The keys of all names, and no other, are in it.
    package static let keys = scheme..<"mid;"

    private static func isPlain(_ text: Substring) -> Bool {
        (1...partLimit).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }
}
