import Foundation
import Testing

@testable import Opens

/// ``Hit/isAsRead`` says of a hit what writing and reading it does.
struct HitReadingTests {
    private static let plain = Hit(
        seq: 7, at: Date(timeIntervalSince1970: 1_795_500_000.123), token: "t", net: "n",
        netclass: NetworkClass(rawValue: "isp"), asn: 3320, selfNet: true, ua: "Mozilla/5.0",
        family: ClientFamily(rawValue: "thunderbird"), signals: [Signal(rawValue: "gpc")])

    static let hits: [(what: String, hit: Hit)] = {
        func changed(_ what: String, _ change: (inout Hit) -> Void) -> (String, Hit) {
            var hit = plain
            change(&hit)
            return (what, hit)
        }
        return [
            changed("plain") { _ in },
            changed("level 0") { $0 = Hit(seq: 1, at: $0.at, token: "t", method: nil) },
            changed("without anything else") { $0 = Hit(seq: 1, at: $0.at, token: "t") },
            changed("a part of a millisecond") { $0.at += 0.000_4 },
            changed("before any clock") { $0.at = .distantPast },
            changed("a token in capitals") { $0.token = "T" },
            changed("no token") { $0.token = "" },
            changed("a long token") { $0.token = String(repeating: "t", count: Hit.tokenLimit + 1) },
            changed("the longest token") { $0.token = String(repeating: "t", count: Hit.tokenLimit) },
            changed("a long user agent") { $0.ua = String(repeating: "ü", count: Hit.userAgentLimit + 1) },
            changed("the longest user agent") { $0.ua = String(repeating: "ü", count: Hit.userAgentLimit) },
            changed("combining marks") { $0.ua = "a" + String(repeating: "\u{301}", count: Hit.userAgentLimit) },
            changed("a long method") { $0.method = String(repeating: "M", count: Hit.nameLimit + 1) },
            changed("a long network") { $0.net = String(repeating: "n", count: Hit.nameLimit + 1) },
            changed("a long class") { $0.netclass = NetworkClass(rawValue: String(repeating: "c", count: 65)) },
            changed("a long family") { $0.family = ClientFamily(rawValue: String(repeating: "f", count: 65)) },
            changed("a long signal") { $0.signals = [Signal(rawValue: String(repeating: "s", count: 65))] },
            changed("many signals") { $0.signals = Set((0..<40).map { Signal(rawValue: "s\($0)") }) },
            changed("number 0") { $0.seq = 0 },
        ]
    }()

    @Test(arguments: hits)
    func says(_ what: String, _ hit: Hit) throws {
        let read = try? JSONDecoder().decode(Hit.self, from: JSONEncoder().encode(hit))
        #expect(hit.isAsRead == (read == hit), "\(what): \(String(describing: read))")
    }
}
