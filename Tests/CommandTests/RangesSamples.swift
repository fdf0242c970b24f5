import Foundation

@testable import Opens
@testable import sentmark

/// Lists of every state, as `ranges status` and `doctor` find them.
enum RangesSamples {
    private static func stored(_ list: PublishedList, _ count: Int, days: Double) -> (PublishedList, RangesReport.State)
    {
        let parts = list.classes.map { NetworkList.Part(networkClass: $0, prefixes: []) }
        return (
            list,
            .stored(
                NetworkList(
                    list: list, source: "https://lists.example.org/\(list.rawValue)",
                    fetched: Samples.time(-days * 1440), published: count, parts: parts))
        )
    }

    private static let damaged = Failure(
        .configuration, "/s/ranges/aws.list: it is damaged", action: "fetch it again with 'sentmark ranges update aws'")

    static let some = RangesReport(
        lists: [
            (.googleProxy, .builtIn(7, Samples.time(-10_000))), stored(.appleRelay, 290_123, days: 61),
            stored(.microsoft365, 34, days: 60.5), (.zscaler, .none), (.azure, .off), (.aws, .damaged(damaged)),
            stored(.linode, 5_431, days: -1),
        ], prefixes: 20_123, bytes: 812_345,
        database: .success(.init(name: "GeoLite2-ASN", built: Samples.time(-20_000))), now: Samples.time(0))

    static let fresh = RangesReport(
        lists: [stored(.appleRelay, 290_123, days: 1.5)], prefixes: 14_000, bytes: 400_000,
        database: .failure(Failure(.configuration, "/a.mmdb: is not there", action: "put it there")),
        now: Samples.time(0))

    static let none = RangesReport(
        lists: [(.appleRelay, .builtIn(90, Samples.time(-100_000))), (.aws, .none)], prefixes: 160, bytes: 9_000,
        database: nil, now: Samples.time(0))
}
