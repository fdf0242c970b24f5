import Opens
import Tokens

/// What is kept in place of networks: a keyed hash, under another key each day.
struct NetworkNames {
    /// The names of so many networks are remembered, and then all forgotten. Few networks, those of the mail services, make
    /// most requests.
    static let limit = 1024

    /// By day; only keys that are on disk.
    var keys: [Int64: [UInt8]] = [:]
    private var day: Int64 = 0
    private var names: [IPPrefix: String] = [:]

    /// If it has lately been asked for.
    func known(_ network: IPPrefix, day: Int64) -> String? { day == self.day ? names[network] : nil }

    mutating func note(_ name: String, of network: IPPrefix, day: Int64) {
        if day != self.day || names.count >= Self.limit { names.removeAll(keepingCapacity: true) }
        self.day = day
        names[network] = name
    }

    /// Forgets all days but these.
    mutating func keep(_ days: Set<Int64>) {
        keys = keys.filter { days.contains($0.key) }
        if !days.contains(day) { names = [:] }
    }

    /// 16 hexadecimal digits: equal within a day means the same network, and nothing once the day's key is gone.
    static func hash(of network: IPPrefix, key: [UInt8]) -> String? {
        KeyedHash.hmac(key: key, Array(network.description.utf8))?.prefix(8).hexadecimal
    }
}
