import Foundation
import Opens
import Tokens

/// What is kept of a request, level by level; the rest of it is gone when this is made.
struct StoredHit: Equatable {
    /// Milliseconds since 1970.
    let at: Int64
    let stream: StreamID
    let token: String
    let method: String?
    /// See ``NetworkNames``.
    let net: String?
    let netclass: String?
    let asn: UInt32?
    let selfNet: Bool
    let userAgent: String?
    let family: String?
    /// Separated by blanks.
    let signals: String?

    /// `networkName` as ``NetworkNames`` has it, asked for only where it is kept.
    init<Failure: Error>(
        _ request: RecordedRequest, networkName: () throws(Failure) -> String?
    ) throws(Failure) {
        // Level 0 keeps what the rules cannot do without, and nothing that tells two people apart.
        let full = request.level != .minimal
        let names = Self.names(request.traits.signals)
        at = request.at.milliseconds
        stream = request.token.stream
        token = request.token.text
        method = full ? request.method.field(16) : nil
        net = full ? try networkName() : nil
        netclass = request.traits.netclass?.rawValue.field(64)
        asn = full ? request.traits.asn : nil
        selfNet = full && request.selfNet
        userAgent = full ? request.userAgent?.field(256) : nil
        family = request.traits.family?.rawValue.field(64)
        signals = full && !names.isEmpty ? names.field(1024) : nil
    }

    private static func names(_ signals: Set<Signal>) -> String {
        guard signals.count > 1 else { return signals.first?.rawValue ?? "" }
        return signals.map(\.rawValue).sorted().joined(separator: " ")
    }
}

extension String {
    /// Printable ASCII, cut to `limit` characters: safe in a log line, a terminal and JSON.
    fileprivate func field(_ limit: Int) -> String {
        if utf8.count <= limit, utf8.allSatisfy({ (0x20...0x7e).contains($0) }) { return self }
        return String(decoding: utf8.lazy.map { (0x20...0x7e).contains($0) ? $0 : 0x3f }.prefix(limit), as: UTF8.self)
    }
}
