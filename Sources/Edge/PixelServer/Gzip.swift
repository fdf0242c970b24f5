import CGzip

/// Content coding `gzip` (RFC 9110 section 8.4.1.3).
enum Gzip {
    /// What is shorter fits into one packet anyway.
    static let worthwhileBytes = 1024

    /// `nil` when there is no memory for it.
    static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
        var count = cgzip_bound(bytes.count)
        var isWhole = false
        let out = [UInt8](unsafeUninitializedCapacity: count) { buffer, length in
            isWhole = cgzip_compress(bytes, bytes.count, buffer.baseAddress, &count) == 1
            length = isWhole ? count : 0
        }
        return isWhole ? out : nil
    }

    /// Whether the values of Accept-Encoding allow it (RFC 9110 section 12.5.3). `*` alone does not ask for it.
    static func isAccepted(_ values: [String]) -> Bool {
        values.joined(separator: ",").split(separator: ",").contains { element in
            let parts = element.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            guard let coding = parts.first, coding == "gzip" || coding == "x-gzip" else { return false }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }
            return weight.map { $0.dropFirst(2).contains { ("1"..."9").contains($0) } } ?? true
        }
    }
}
