/// A list of networks that its operator publishes, and what is believed of it.
///
/// The order counts: where two lists have the same prefix, the earlier one says what it is. Services come before the
/// clouds that they are run in.
package enum PublishedList: String, Sendable, CaseIterable {
    case googleProxy = "google-proxy"
    case googleCrawlers = "google-crawlers"
    case appleRelay = "apple-relay"
    case microsoft365 = "microsoft-365"
    case zscaler
    case googleUserFetchers = "google-user-fetchers"
    case googleCloud = "google-cloud"
    case azure, aws, oracle
    case digitalOcean = "digitalocean"
    case linode

    /// Where its operator publishes it. `{uuid}` stands for a random one, new at each request.
    package var url: String {
        let google = "https://developers.google.com/static/crawling/ipranges"
        return switch self {
        case .googleProxy: "\(google)/user-triggered-fetchers-google.json"
        case .googleCrawlers: "\(google)/special-crawlers.json"
        case .appleRelay: "https://mask-api.icloud.com/egress-ip-ranges.csv"
        // The service wants a number that tells its callers apart.
        case .microsoft365: "https://endpoints.office.com/endpoints/worldwide?clientrequestid={uuid}"
        case .zscaler: "https://config.zscaler.com/api/zscaler.net/cenr/json"
        case .googleUserFetchers: "\(google)/user-triggered-fetchers.json"
        case .googleCloud: "https://www.gstatic.com/ipranges/cloud.json"
        // A page: the list's own address changes with every edition.
        case .azure: "https://www.microsoft.com/en-us/download/details.aspx?id=56519"
        case .aws: "https://ip-ranges.amazonaws.com/ip-ranges.json"
        case .oracle: "https://docs.oracle.com/en-us/iaas/tools/public_ip_ranges.json"
        case .digitalOcean: "https://www.digitalocean.com/geo/google.csv"
        case .linode: "https://geoip.linode.com/"
        }
    }

    /// The classes that it tells of, of which it replaces what is built in.
    package var classes: [NetworkClass] {
        switch self {
        case .googleProxy: [.googleProxy]
        case .googleCrawlers: [.googleCrawler]
        case .appleRelay: [.appleRelay]
        // At the same prefix the weaker claim: from a filter nobody reads, ever.
        case .microsoft365: [.microsoftExchangeOnline, .microsoftEOP]
        case .zscaler: [.zscaler]
        // App Engine (*.gae.googleusercontent.com): anybody can rent it.
        case .googleUserFetchers, .googleCloud: [.googleCloud]
        case .azure: [.azure]
        case .aws: [.aws]
        case .oracle: [.oracle]
        case .digitalOcean: [.digitalOcean]
        case .linode: [.linode]
        }
    }

    /// The autonomous system of all of it. Of the others a list tells none, or there are several.
    var asn: UInt32? {
        switch self {
        case .googleProxy, .googleCrawlers: 15_169
        case .microsoft365, .azure: 8_075
        case .oracle: 31_898
        case .digitalOcean: 14_061
        case .linode: 63_949
        case .appleRelay, .zscaler, .googleUserFetchers, .googleCloud, .aws: nil
        }
    }

    var form: ListForm {
        switch self {
        case .appleRelay, .digitalOcean, .linode: .geofeed
        case .googleProxy, .googleCrawlers, .googleUserFetchers, .googleCloud: .google
        case .microsoft365: .microsoft365
        case .zscaler: .zscaler
        case .azure: .azure
        case .aws: .aws
        case .oracle: .oracle
        }
    }

    /// How many distinct prefixes it has, if it is what it should be: a tenth, roughly, of what it had in 2026, to ten
    /// times as many.
    var plausibleCount: ClosedRange<Int> {
        switch self {
        case .appleRelay: 5_000...2_000_000
        case .azure, .aws: 500...200_000
        case .googleProxy, .googleCrawlers, .googleUserFetchers: 20...20_000
        case .microsoft365, .zscaler: 10...5_000
        case .googleCloud, .oracle, .digitalOcean, .linode: 50...100_000
        }
    }

    /// The shortest prefix that it may have. A /8 is the most that anybody was ever given.
    var shortest: (ipv4: Int, ipv6: Int) {
        switch self {
        case .appleRelay: (16, 32)
        case .googleProxy, .googleCrawlers, .googleUserFetchers: (16, 28)
        case .microsoft365: (12, 28)
        case .zscaler: (12, 28)
        case .googleCloud, .azure, .aws, .oracle, .digitalOcean, .linode: (8, 20)
        }
    }

    /// Days after which it is old: clouds grow by the week.
    package static let oldAge = 60
    /// Bytes. Apple's has 12 MB.
    package static let maximumBytes = 48 << 20
}

/// Why a list is not believed, in words that are fit for a log: bounded, without controls.
package struct ListProblem: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
    /// It is the stored list that this one does not fit to.
    package let isByComparison: Bool

    package init(_ description: String, isByComparison: Bool = false) {
        self.description = description
        self.isByComparison = isByComparison
    }

    /// A text of the list, so that it can be shown.
    static func quoted(_ text: some Sequence<UInt8>) -> String {
        let bytes = Array(text.prefix(41))
        let shown = bytes.prefix(40).map { byte -> UInt8 in (0x20...0x7e).contains(byte) ? byte : UInt8(ascii: "?") }
        return "\"" + String(decoding: shown, as: UTF8.self) + (bytes.count > 40 ? "…\"" : "\"")
    }
}
