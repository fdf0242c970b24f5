import FoundationEssentials
import MIME

/// The header of a mail that a program hands over, without all that a mail must have.
package enum Letterhead {
    /// What sending a mail needs besides its header.
    package struct Facts: Sendable {
        package let sender: EnvelopeAddress
        package let fullName: String?
        package let now: Date
        /// Of a cryptographic generator.
        package let random: UInt64

        package init(sender: EnvelopeAddress, fullName: String?, now: Date, random: UInt64) {
            self.sender = sender
            self.fullName = fullName
            self.now = now
            self.random = random
        }
    }

    /// What makes the header complete (RFC 5322 3.6) and takes Bcc out of it. `lineEnd` is that of the mail.
    package static func edits(for header: HeaderFields, _ facts: Facts, lineEnd: [UInt8]) -> [MessageEdit] {
        var missing: [String] = []
        if header.ranges("from").isEmpty { missing.append("From: \(from(facts))") }
        if header.ranges("date").isEmpty { missing.append("Date: \(DateTime.text(facts.now))") }
        if header.ranges("message-id").isEmpty { missing.append("Message-ID: <\(messageID(facts))>") }
        let insertion = missing.flatMap { Array($0.utf8) + lineEnd }
        let removals = ["bcc", "resent-bcc"].flatMap { header.ranges($0) }
        return (insertion.isEmpty ? [] : [MessageEdit(offset: 0, removed: 0, inserted: insertion)])
            + removals.map { MessageEdit(offset: $0.lowerBound, removed: $0.count, inserted: []) }
    }

    /// The recipients that a header names, each once.
    package static func recipients(in header: HeaderFields) -> [String] {
        var seen: Set<String> = []
        return ["to", "cc", "bcc"].flatMap { header.addresses($0) }.map(\.address)
            .filter { seen.insert($0.lowercased()).inserted }
    }

    private static func from(_ facts: Facts) -> String {
        guard let name = facts.fullName, !name.isEmpty else { return facts.sender.text }
        let isPlain = name.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
        if !isPlain { return "\(encodedWord(name)) <\(facts.sender.text)>" }
        let quoted = name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"\(quoted)\" <\(facts.sender.text)>"
    }

    /// RFC 2047; as many as it takes for 75 characters each.
    private static func encodedWord(_ text: String) -> String {
        var words: [String] = []
        var part: [UInt8] = []
        func flush() {
            guard !part.isEmpty else { return }
            words.append("=?UTF-8?B?\(Data(part).base64EncodedString())?=")
            part = []
        }
        for character in text.unicodeScalars where character.value >= 0x20 && character.value != 0x7f {
            let bytes = Array(String(character).utf8)
            if part.count + bytes.count > 42 { flush() }
            part += bytes
        }
        flush()
        return words.joined(separator: " ")
    }

    private static func messageID(_ facts: Facts) -> String {
        "\(Int(facts.now.timeIntervalSince1970)).\(String(facts.random, radix: 36))@\(facts.sender.domain)"
    }
}
