/// What a delivery report says (`message/delivery-status`, RFC 3464), as far as anybody is concerned whom the mail did not
/// reach.
package enum DeliveryStatus {
    /// Octets of a report that are read, and recipients that are taken from it.
    package static let limit = 32 << 10
    static let recipientLimit = 200

    /// The addresses of recipients for whom delivery has failed for good (`Action: failed`), in lower case: the one that the
    /// sender used where the report names it (`Original-Recipient`), and the one that it was tried with.
    ///
    /// - Parameter report: without transfer encoding.
    package static func failures(in report: some Collection<UInt8>) -> Set<String> {
        var failed: Set<String> = []
        for group in groups(of: Array(report.prefix(limit))) {
            let fields = HeaderFields(parsing: group)
            guard word(fields.value("action")) == "failed" else { continue }
            for name in ["original-recipient", "final-recipient"] where failed.count < recipientLimit {
                if let address = fields.value(name).flatMap(address) { failed.insert(address) }
            }
        }
        return failed
    }

    /// Groups of fields have an empty line between them.
    private static func groups(of report: [UInt8]) -> [[UInt8]] {
        var groups: [[UInt8]] = [[]]
        for line in report.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if line.allSatisfy(\.isBlankOrLineEnd) {
                if groups[groups.count - 1].isEmpty { continue }
                guard groups.count <= recipientLimit else { break }
                groups.append([])
            } else {
                groups[groups.count - 1] += line + [UInt8(ascii: "\n")]
            }
        }
        return groups
    }

    private static func word(_ value: [UInt8]?) -> String {
        String(decoding: (value ?? []).filter { !$0.isBlankOrLineEnd }.prefix(20), as: UTF8.self).lowercased()
    }

    /// Of `rfc822; bob@example.org`; some leave the type out.
    private static func address(_ value: [UInt8]) -> String? {
        let parts = value.split(separator: UInt8(ascii: ";"), maxSplits: 1)
        guard let last = parts.last else { return nil }
        let text = last.filter { !$0.isBlankOrLineEnd && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") }
        guard text.contains(UInt8(ascii: "@")), text.count <= 320 else { return nil }
        return String(decoding: text, as: UTF8.self).lowercased()
    }
}
