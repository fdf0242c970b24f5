import FoundationEssentials

/// The JSON of the log and of the pull API.
///
/// Written: what is known, `signals` sorted; `self_net` and `signals` are left out of a hit that keeps nothing but
/// the five fields of privacy level 0. Read: `seq`, `at` and `token` must be there, everything else may be missing,
/// unknown fields are ignored, so that old and new versions of server and agent understand each other.
extension Hit {
    /// Characters of Unicode. Longer User-Agents are cut on reading too: a foreign server may not have done it.
    package static let userAgentLimit = 256
    /// Of every other name.
    package static let nameLimit = 64
    static let tokenLimit = 512
    static let signalLimit = 32

    /// In the order in which they are written.
    enum CodingKeys: String, CodingKey, CaseIterable {
        case seq, at, token, method, net, netclass, asn, ua, family
        case selfNet = "self_net"
        case signals
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let time = try values.decode(String.self, forKey: .at)
        guard let at = Timestamp.parse(time) else {
            throw DecodingError.dataCorruptedError(
                forKey: .at, in: values, debugDescription: "not of the form 2026-11-23T15:04:05.123Z")
        }
        // Folded first: some letters have more bytes in lower case.
        let token = try values.decode(String.self, forKey: .token).lowercased()
        guard !token.isEmpty, token.utf8.count <= Hit.tokenLimit else {
            throw DecodingError.dataCorruptedError(
                forKey: .token, in: values, debugDescription: "empty or longer than \(Hit.tokenLimit) bytes")
        }
        let seq = try values.decode(Int64.self, forKey: .seq)
        guard seq > 0 else {
            throw DecodingError.dataCorruptedError(forKey: .seq, in: values, debugDescription: "not positive")
        }
        func name(_ key: CodingKeys, limit: Int = Hit.nameLimit) throws -> String? {
            try values.decodeIfPresent(String.self, forKey: key)?.prefix(scalars: limit)
        }
        self.init(
            seq: seq, at: at, token: token, method: try name(.method), net: try name(.net),
            netclass: try name(.netclass).map(NetworkClass.init(rawValue:)),
            asn: try values.decodeIfPresent(UInt32.self, forKey: .asn),
            selfNet: try values.decodeIfPresent(Bool.self, forKey: .selfNet) ?? false,
            ua: try name(.ua, limit: Hit.userAgentLimit),
            family: try name(.family).map(ClientFamily.init(rawValue:)),
            signals: Set(
                (try values.decodeIfPresent([String].self, forKey: .signals) ?? []).prefix(Hit.signalLimit)
                    .map { Signal(rawValue: $0.prefix(scalars: Hit.nameLimit)) }))
    }

    /// Whether what is read of it again is this hit: nothing of it is cut, folded or rounded.
    package var isAsRead: Bool {
        func fits(_ name: String?, _ limit: Int = Hit.nameLimit) -> Bool { (name?.unicodeScalars.count ?? 0) <= limit }
        return seq > 0 && Timestamp.isExact(at) && token.utf8.count <= Hit.tokenLimit
            && !token.isEmpty && token == token.lowercased() && fits(method) && fits(net) && fits(netclass?.rawValue)
            && fits(ua, Hit.userAgentLimit) && fits(family?.rawValue)
            && signals.count <= Hit.signalLimit && signals.allSatisfy { fits($0.rawValue) }
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(seq, forKey: .seq)
        try values.encode(Timestamp.format(at), forKey: .at)
        try values.encode(token, forKey: .token)
        try values.encodeIfPresent(method, forKey: .method)
        try values.encodeIfPresent(net, forKey: .net)
        try values.encodeIfPresent(netclass?.rawValue, forKey: .netclass)
        try values.encodeIfPresent(asn, forKey: .asn)
        try values.encodeIfPresent(ua, forKey: .ua)
        try values.encodeIfPresent(family?.rawValue, forKey: .family)
        let isMinimal = method == nil && net == nil && ua == nil
        if selfNet || !isMinimal { try values.encode(selfNet, forKey: .selfNet) }
        if !signals.isEmpty || !isMinimal { try values.encode(signals.map(\.rawValue).sorted(), forKey: .signals) }
    }
}

extension String {
    /// Not `Character`s, of which one can hold any number of combining marks.
    package func prefix(scalars limit: Int) -> String {
        // A scalar has one byte at least.
        if utf8.count <= limit { return self }
        return String(UnicodeScalarView(unicodeScalars.prefix(limit)))
    }
}
