import FoundationEssentials
import Opens

/// Made-up histories: the same at every run.
enum Histories {
    static let sentAt = Date(timeIntervalSinceReferenceDate: 800_000_000)
    static let now = Date(timeIntervalSinceReferenceDate: 900_000_000)

    private static let clients: [(agent: String, netclass: String?)] = [
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", "google-proxy"),
        ("Mozilla/5.0", "apple-relay"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0", nil),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 "
                + "Safari/537.36", nil
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 "
                + "Safari/537.36", "microsoft-eop"
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0", "datacenter"),
        ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", "yahoo"),
    ]

    private static func hit(_ index: Int, token: String, at: Date) -> Hit {
        let client = clients[index % clients.count]
        return Hit(
            seq: Int64(index) + 1, at: at, token: token, net: "net\(index % 4001)",
            netclass: client.netclass.map(NetworkClass.init(rawValue:)), ua: client.agent,
            family: ClientFamily(userAgent: client.agent))
    }

    /// Hits one after the other within a day.
    static func message(number: Int, hits count: Int) -> History {
        let token = "token\(number)" + String(repeating: "a", count: 30)
        let hits = (0..<count).map {
            hit($0 &+ number, token: token, at: sentAt + 86_000 * Double($0 + 1) / Double(count))
        }
        return History(sentAt: sentAt, recipientDomains: ["recipient.example"], tokens: [token], hits: hits)
    }

    /// As an index finds them.
    static func hits(of history: History, since date: Date) -> [Hit] {
        Array(history.hits.suffix(history.hits.reversed().prefix { $0.at >= date }.count))
    }

    /// Hits on as many tokens within an hour, from four thousand networks.
    static func others(count: Int) -> [Hit] {
        (0..<count).map { hit($0, token: "other\($0)", at: sentAt + 3600 * Double($0) / Double(count)) }
    }

    /// As many prefixes as are asked for, IPv4 and IPv6, none beside another.
    static func table(prefixes count: Int) -> NetworkTable {
        let texts = (0..<count).map { index in
            index % 4 == 0
                ? "\(20 + index % 180).\(index / 180 % 256).\(index * 7 % 256).0/24"
                : "2a02:\(String(index % 65_536, radix: 16)):\(String(index * 31 % 65_536, radix: 16))::/48"
        }
        return NetworkTable([.init(.appleRelay, source: "made up", date: "2026-11-26", prefixes: texts)])
    }

    /// Lines as Apple's list has them, one in seven of IPv4: addresses in pairs and /64, side by side in small blocks.
    /// And what merging leaves of them.
    static func appleList(lines count: Int) -> (lines: [IPPrefix], merged: [IPPrefix]) {
        let lines = (0..<count).compactMap { index in
            let four = index / 7
            let six = index - four - 1
            return IPPrefix(
                index % 7 == 0
                    ? "172.\(224 + four / 4096).\(four / 16 % 256).\(four % 16 * 2)/31"
                    : "2a02:26f7:\(String(0xb000 + six / 24 % 4096, radix: 16)):"
                        + "\(String(six / 24 / 4096 * 4096 + six % 24, radix: 16))::/64")
        }
        return (lines, IPPrefix.merged(lines))
    }

    /// Half of them in the blocks of a table of so many.
    static func addresses(count: Int, prefixes: Int) -> [IPAddress] {
        (0..<count).compactMap { number in
            let index = number &* 2_654_435_761 % prefixes
            let octets: [UInt8] =
                number % 2 == 0
                ? [UInt8(20 + index % 180), UInt8(index / 180 % 256), UInt8(index * 7 % 256), UInt8(number % 251)]
                : [
                    0x2a, 0x02, UInt8(index >> 8 & 255), UInt8(index & 255), UInt8(index * 31 % 65_536 >> 8),
                    UInt8(index * 31 % 256), 0, 0, 0, 0, 0, 0, 0, 0, 0, UInt8(number % 251),
                ]
            return IPAddress(bytes: octets)
        }
    }
}
