import FoundationEssentials

/// One request for a pixel, as the hit log keeps it and the pull API serves it (design: contracts, "Hit").
///
/// At privacy level 0 the log keeps `seq`, `at`, `token`, `family` and `netclass` alone; everything else is then nil
/// or empty.
package struct Hit: Sendable, Equatable, Codable {
    /// Position in the log, ascending in commit order, from 1.
    package var seq: Int64
    /// When the request arrived, by the server's clock; milliseconds.
    package var at: Date
    /// As requested, folded to lower case.
    package var token: String
    package var method: String?
    /// Keyed hash of the /24 or /48 whose key changes daily: equal within a day means the same network.
    package var net: String?
    package var netclass: NetworkClass?
    package var asn: UInt32?
    /// The request came from a network from which the agent of this stream has lately pulled or submitted.
    package var selfNet: Bool
    /// User-Agent, cut to 256 characters.
    package var ua: String?
    package var family: ClientFamily?
    package var signals: Set<Signal>

    package init(
        seq: Int64, at: Date, token: String, method: String? = "GET", net: String? = nil,
        netclass: NetworkClass? = nil, asn: UInt32? = nil, selfNet: Bool = false, ua: String? = nil,
        family: ClientFamily? = nil, signals: Set<Signal> = []
    ) {
        self.seq = seq
        self.at = at
        self.token = token
        self.method = method
        self.net = net
        self.netclass = netclass
        self.asn = asn
        self.selfNet = selfNet
        self.ua = ua
        self.family = family
        self.signals = signals
    }
}

/// What kind of network an address belongs to. Unknown names from a newer server are kept as they are.
package struct NetworkClass: RawRepresentable, Sendable, Hashable, Codable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
}

/// What kind of client a User-Agent names. Unknown names from a newer server are kept as they are.
package struct ClientFamily: RawRepresentable, Sendable, Hashable, Codable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
}

/// A property of the request that the server noted and then forgot the headers: `purpose-prefetch`, `gpc`, ….
package struct Signal: RawRepresentable, Sendable, Hashable, Codable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
}
