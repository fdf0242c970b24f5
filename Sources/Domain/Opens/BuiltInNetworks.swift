extension NetworkTable {
    package static let builtIn = NetworkTable(builtInGroups)

    /// What is known without any download: facts, each with its source. It is small on purpose; a published list that
    /// is stored takes the place of what is here of its classes.
    package static let builtInGroups: [Group] = [
        // Host names google-proxy-*.google.com: fetches that a Gmail user triggered.
        Group(
            .googleProxy, source: "reverse DNS google-proxy-*.google.com", date: "2026-11-23", asn: 15_169,
            prefixes: [
                "64.233.172.0/23", "66.102.6.0/23", "66.102.8.0/23", "66.249.80.0/22", "66.249.84.0/23",
                "66.249.88.0/24", "66.249.93.0/24",
            ]),
        // Host names rate-limited-proxy-*.google.com: Google's special crawlers, not a person's Gmail.
        Group(
            .googleCrawler, source: "reverse DNS rate-limited-proxy-*.google.com", date: "2026-11-23", asn: 15_169,
            prefixes: [
                "66.249.87.0/24", "66.249.89.0/24", "66.249.90.0/23", "66.249.92.0/24", "72.14.199.0/24",
                "74.125.148.0/23", "108.177.64.0/21", "108.177.72.0/24", "209.85.238.0/24",
            ]),
        // Only prefixes that the list names as a whole. The blocks around them are not egress: 104.28.0.0/14 is
        // 7.5 % egress, 17.0.0.0/8 not at all. About 13,700 prefixes are missing; see `NetworkRole.appleEgressASNs`.
        Group(
            .appleRelay, source: "mask-api.icloud.com/egress-ip-ranges.csv (extract)", date: "2026-08-22",
            prefixes: [
                // Cloudflare
                "104.28.132.0/25", "104.28.133.0/25", "104.28.140.128/25", "104.28.141.128/25", "104.28.142.128/25",
                "104.28.144.128/25", "104.28.145.128/25", "104.28.146.128/25", "104.28.147.128/25",
                "104.28.148.128/25", "104.28.149.128/25", "104.28.150.128/25",
                // Fastly
                "140.248.0.0/23", "140.248.4.0/23", "140.248.12.0/23", "140.248.20.0/24", "140.248.26.0/24",
                "140.248.30.0/24", "140.248.45.0/24", "140.248.48.0/24", "146.75.128.0/23", "146.75.134.0/23",
                "146.75.136.0/24", "146.75.148.0/23", "146.75.152.0/24", "146.75.154.0/24", "146.75.158.0/24",
                "146.75.164.0/24", "146.75.172.0/24", "146.75.192.0/24", "146.75.195.0/24", "146.75.222.0/23",
                "146.75.232.0/23", "146.75.236.0/23", "146.75.244.0/23", "146.75.248.0/23", "146.75.252.0/23",
                // Akamai
                "172.224.237.0/24", "172.224.241.0/24", "172.225.0.0/27", "172.225.5.0/24", "172.225.7.0/24",
                "172.225.12.0/24", "172.225.15.0/24", "172.225.16.0/24", "172.225.18.0/23", "172.225.20.0/24",
                "172.225.30.0/23", "172.225.32.0/23", "172.225.40.0/23", "172.225.54.0/23", "172.225.58.0/23",
                "172.225.64.0/23", "172.225.70.0/23", "172.225.76.0/22", "172.225.90.0/23", "172.225.98.0/23",
                "172.225.112.0/23", "172.225.120.0/23", "172.225.126.0/23", "172.225.188.0/23", "172.225.202.0/23",
                "172.225.220.0/23", "172.225.226.0/23", "172.225.236.0/23", "172.225.248.0/22", "172.226.8.0/22",
                "172.226.30.0/23", "172.226.68.0/23", "172.226.174.0/23", "172.226.188.0/22",
                "2a02:26f7:b00a:4000::/64", "2a02:26f7:b00b:4000::/64", "2a02:26f7:b0d8::/54", "2a02:26f7:b0da::/54",
                "2a02:26f7:b11c::/52", "2a02:26f7:b38c::/51", "2a02:26f7:b6c0::/54", "2a02:26f7:b6c4::/54",
                "2a02:26f7:b9a0::/52", "2a02:26f7:b9a4::/52", "2a02:26f7:b9c0::/54", "2a02:26f7:f6c0::/51",
                "2a02:26f7:f6c1::/51", "2a02:26f7:f6c4::/51", "2a02:26f7:f6d0::/51", "2a02:26f7:f6e0::/51",
            ]),
        // Endpoint sets 9 and 10 (*.protection.outlook.com): the mail filter itself, no mailbox is read from it.
        Group(
            .microsoftEOP, source: "Microsoft 365 endpoint sets 9 and 10", date: "2026-11-23", asn: 8_075,
            prefixes: [
                "40.92.0.0/15", "40.107.0.0/16", "52.100.0.0/14", "52.238.78.88/32", "104.47.0.0/17",
                "2a01:111:f400::/48", "2a01:111:f403::/48",
            ]),
        // Endpoint set 1: Outlook on the web fetches images from here when a person looks.
        Group(
            .microsoftExchangeOnline, source: "Microsoft 365 endpoint set 1", date: "2026-07-12", asn: 8_075,
            prefixes: [
                "13.107.6.152/31", "13.107.18.10/31", "13.107.128.0/22", "23.103.160.0/20", "40.96.0.0/13",
                "40.104.0.0/15", "52.96.0.0/14", "131.253.33.215/32", "132.245.0.0/16", "150.171.32.0/22",
                "204.79.197.215/32", "2603:1006::/40", "2603:1016::/36", "2603:1026::/36", "2603:1036::/36",
                "2603:1046::/36", "2603:1056::/36",
            ]),
        // Email Gateway Defense, the regional blocks from which Barracuda connects to its customers.
        Group(
            .barracudaEGD, source: "Barracuda Email Gateway Defense ranges", date: "2026-08-22",
            prefixes: [
                "209.222.82.0/24", "3.24.133.128/25", "13.200.136.128/25", "15.222.16.128/25", "18.133.136.96/27",
                "18.133.136.128/26", "18.184.203.224/27", "18.185.115.192/26", "35.157.190.224/27",
                "35.176.92.96/27",
            ]),
        // A reader on the same host or LAN as the pixel server, or behind its VPN.
        Group(
            .privateNetwork, source: "RFC 1122, RFC 1918, RFC 3927, RFC 4193, RFC 4291", date: "2026-11-23",
            prefixes: [
                "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "::1/128",
                "fc00::/7", "fe80::/10",
            ]),
    ]
}
