/// Names of network classes that rules speak of; a class may also have any other name.
package extension NetworkClass {
    static let googleProxy = NetworkClass(rawValue: "google-proxy")
    static let googleCrawler = NetworkClass(rawValue: "google-crawler")
    static let googleCloud = NetworkClass(rawValue: "google-cloud")
    static let azure = NetworkClass(rawValue: "azure")
    static let aws = NetworkClass(rawValue: "aws")
    static let oracle = NetworkClass(rawValue: "oracle")
    static let digitalOcean = NetworkClass(rawValue: "digitalocean")
    static let linode = NetworkClass(rawValue: "linode")
    static let zscaler = NetworkClass(rawValue: "zscaler")
    static let appleRelay = NetworkClass(rawValue: "apple-relay")
    static let microsoftEOP = NetworkClass(rawValue: "microsoft-eop")
    static let microsoftExchangeOnline = NetworkClass(rawValue: "microsoft-exchange-online")
    static let barracudaEGD = NetworkClass(rawValue: "barracuda-egd")
    static let privateNetwork = NetworkClass(rawValue: "private")
    static let yahoo = NetworkClass(rawValue: "yahoo")
    static let fastmail = NetworkClass(rawValue: "fastmail")
    static let proton = NetworkClass(rawValue: "proton")
    static let rambler = NetworkClass(rawValue: "rambler")
    static let ukrnet = NetworkClass(rawValue: "ukrnet")
    static let seznam = NetworkClass(rawValue: "seznam")
    static let shortwave = NetworkClass(rawValue: "shortwave")
    static let recipientMX = NetworkClass(rawValue: "recipient-mx-network")
}

package extension NetworkClass {
    /// A mail provider's or a relay's servers, which ask for many people each.
    var servesManyPeople: Bool { [.mailService, .relay].contains(NetworkRole(self, asn: nil)) }
}

/// What a network says about who asks from it.
enum NetworkRole: Sendable, Hashable {
    /// People's own lines: homes, offices, phones, and the web gateways that carry offices all day.
    case access
    /// Rented machines: scanners live here, but so do some VPN exits and remote desktops.
    case hosting
    /// A commercial VPN's exit.
    case vpn
    /// Apple's relay: Mail's preloads, and people with Safari.
    case relay
    /// A mail provider's own servers.
    case mailService
    /// A mail filter and nothing else.
    case mailFilter
    /// A mail security vendor's whole network; isolation browsers put people behind it too.
    case securityVendor
    case own
    /// Beside an own network: the same line after a change of its address, or a neighbour.
    case ownNeighbour
    case unknown

    init(_ networkClass: NetworkClass?, asn: UInt32?) {
        if let networkClass, let role = NetworkRole.byClass[networkClass.rawValue] {
            self = role
        } else if let networkClass, networkClass.rawValue.hasSuffix("-asn") {
            self = .securityVendor
        } else if let asn, NetworkRole.securityVendorASNs.contains(asn) {
            self = .securityVendor
        } else if let asn, NetworkRole.hostingASNs.contains(asn) {
            self = .hosting
        } else {
            self = .unknown
        }
    }

    private static let byClass: [String: NetworkRole] = [
        "residential": .access, "mobile": .access, "corporate": .access, "private": .access, "education": .access,
        // Secure web gateways carry people all day (Zscaler publishes its prefixes).
        "secure-web-gateway": .access, "swg": .access, "zscaler": .access, "netskope": .access,
        "datacenter": .hosting, "hosting": .hosting, "aws": .hosting, "azure": .hosting,
        "microsoft-azure": .hosting, "google-cloud": .hosting, "google-cloud-customer": .hosting, "oracle": .hosting,
        "digitalocean": .hosting, "linode": .hosting,
        "vpn": .vpn, "tor": .vpn,
        "apple-relay": .relay,
        "google-proxy": .mailService, "google-crawler": .mailService, "yahoo": .mailService,
        "fastmail": .mailService, "proton": .mailService, "rambler": .mailService, "ukrnet": .mailService,
        "seznam": .mailService, "shortwave": .mailService, "microsoft-exchange-online": .mailService,
        "recipient-mx-network": .mailService,
        "microsoft-eop": .mailFilter, "barracuda-egd": .mailFilter,
        "own-network": .own, "own-network-neighbour": .ownNeighbour,
    ]

    /// Proofpoint, Mimecast, Cisco Secure Email: networks without subscribers of their own.
    private static let securityVendorASNs: Set<UInt32> = [
        22_843, 26_211, 52_129, 30_031, 39_588, 42_427, 60_492, 16_417,
    ]

    /// Amazon, Google Cloud, DigitalOcean, OVH, Hetzner, Akamai/Linode, Vultr, Oracle, Leaseweb, Alibaba, Tencent.
    /// Microsoft's 8075 is not here: Outlook on the web and rented desktops are in it as well.
    private static let hostingASNs: Set<UInt32> = [
        14_618, 16_509, 396_982, 14_061, 16_276, 24_940, 63_949, 20_473, 31_898, 60_781, 45_102, 132_203,
    ]

    /// Networks that carry Apple's relay and no readers of their own (Cloudflare, Akamai, Fastly): with the bare
    /// `Mozilla/5.0` as User-Agent they are the relay even where the prefix is not in the table.
    static let appleEgressASNs: Set<UInt32> = [13_335, 36_183, 54_113]
}
