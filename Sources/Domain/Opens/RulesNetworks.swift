/// Mail providers, Apple's relay, and what is left: client against network against time.
extension Rules {
    static let services: [Rule] = [
        // A marker of Gmail from Google's customers or crawlers, of Yahoo from a home: the name is public, the
        // network is not for sale.
        Rule(
            "proxy-name-in-cloud", .forged, p: 0.08, confidence: 0.78,
            "It calls itself a mail provider's proxy but came from that provider's rented machines."
        ) { $0.family == .gmailProxy && $0.isGoogleCloud },
        Rule(
            "proxy-name-elsewhere", .forged, p: 0.02, confidence: 0.9,
            "It calls itself a mail provider's proxy but came from a network that is not that provider's."
        ) { $0.kind == .mailProxy && $0.proxyOrigin == .foreign },
        // A composer that shows the image has its proxy fetch it (CurryOnPatat 1); no recipient has the mail yet.
        Rule(
            "mail-proxy-before-sending", .own, p: 0.1, confidence: 0.7,
            "A mail provider's proxy fetched it well before the message was sent: the sender was writing it."
        ) { $0.kind == .mailProxy && ($0.age ?? 0) < -Thresholds.clockSkew },
        // gophish 1390, mautic 7884: within seconds of delivery it may be either.
        Rule(
            "mail-proxy-early", .machinePrefetch, p: 0.4, confidence: 0.55,
            "The mail provider's proxy fetched it within a minute of sending, when it may have done so by itself."
        ) { $0.kind == .mailProxy && $0.isWithin(Thresholds.proxyWindow) },
        // WTTW 2013, WURFL: fetched on opening, then cached.
        Rule(
            "gmail-proxy", .proxyPerson, p: 0.92, confidence: 0.88,
            "Gmail's image proxy fetched it, which it does when a person opens the message."
        ) { $0.family == .gmailProxy && $0.proxyOrigin == .confirmed },
        Rule(
            "yahoo-proxy", .proxyPerson, p: 0.9, confidence: 0.88,
            "Yahoo's image proxy fetched it, which it does when a person opens the message."
        ) { $0.family == .yahooProxy && $0.proxyOrigin == .confirmed },
        Rule(
            "mail-proxy", .proxyPerson, p: 0.88, confidence: 0.85,
            "The mail provider's image proxy fetched it, which it does when a person opens the message."
        ) { $0.kind == .mailProxy && $0.proxyOrigin == .confirmed },
        Rule(
            "gmail-proxy-unconfirmed", .proxyPerson, p: 0.55, confidence: 0.5,
            "It calls itself Gmail's image proxy, but the network is not among those known to be."
        ) { $0.family == .gmailProxy },
        // Their ranges are not published, so an unknown network says nothing against them.
        Rule(
            "mail-proxy-unconfirmed", .proxyPerson, p: 0.8, confidence: 0.7,
            "It calls itself a mail provider's image proxy; that provider's networks are not known."
        ) { $0.kind == .mailProxy },

        // EmailEngine 349: Google's scan of mail comes from the addresses of its special crawlers, no reader's ever does.
        Rule(
            "google-crawler", .securityScanner, p: 0.05, confidence: 0.85,
            "It came from Google's crawlers, which scan mail and never fetch for a reader."
        ) { $0.hit.netclass == .googleCrawler },
        // Fastmail: always proxied, when viewed, under a generic name.
        Rule(
            "fastmail-network", .proxyPerson, p: 0.9, confidence: 0.85,
            "Fastmail's servers fetched it, which they do when a person opens the message."
        ) { $0.hit.netclass == .fastmail },
        // proton.me: preloads through a proxy; when is not said.
        Rule(
            "proton-preload", .machinePrefetch, p: 0.4, confidence: 0.55,
            "Proton's servers fetched it; they load images ahead, and when they do so is not known."
        ) { $0.hit.netclass == .proton },
        Rule(
            "webmail-server-early", .machinePrefetch, p: 0.4, confidence: 0.55,
            "The recipient's mail provider fetched it within a minute of sending: its filter, or a fast reader."
        ) { $0.isWebmailServer && $0.isWithin(Thresholds.proxyWindow) },
        // warmbly 412, Open-Xchange, SnappyMail: images fetched by the webmail's server when looked at.
        Rule(
            "webmail-server", .proxyPerson, p: 0.75, confidence: 0.75,
            "The recipient's mail provider fetched it some time after delivery, as its webmail does for a reader."
        ) { $0.isWebmailServer },
        Rule(
            "provider-unnamed", .proxyPerson, p: 0.5, confidence: 0.5,
            "A mail provider's network fetched it with a client that does not name itself."
        ) { $0.role == .mailService },
    ]

    static let apple: [Rule] = [
        // SendGrid, SocketLabs, WTTW 2021: preloaded when Mail syncs, minutes to many hours after delivery. A person
        // with "Hide IP address" but without "Protect Mail Activity" looks the same (Klaviyo).
        Rule(
            "apple-preload", .machinePrefetch, p: 0.12, confidence: 0.85,
            "Apple Mail loaded it ahead through Apple's relay; the message reached a device, and whether anyone read it "
                + "cannot be told."
        ) { $0.isApplePreload },
        // Relay and Safari: the relay carries browsing too.
        Rule(
            "relay-person", .person, p: 0.88, confidence: 0.85,
            "A browser or mail program that names itself came through Apple's relay, as a person's does."
        ) { $0.role == .relay && $0.isMailProgramOrBrowser && $0.family != .appleMail },
        Rule(
            "relay-other", .machinePrefetch, p: 0.4, confidence: 0.5,
            "It came through Apple's relay with a client that may load ahead."
        ) { $0.role == .relay },
    ]

    static let networks: [Rule] = [
        // Proofpoint, Mimecast, Cisco: scan at delivery; later an isolation browser may have a person behind it.
        Rule(
            "security-vendor-early", .securityScanner, p: 0.03, confidence: 0.92,
            "A mail security vendor's network fetched it soon after sending."
        ) { $0.role == .securityVendor && $0.isWithin(Thresholds.scanWindow) },
        Rule(
            "security-vendor", .securityScanner, p: 0.4, confidence: 0.5,
            "A mail security vendor's network fetched it long after sending: a late scan, or a person behind its "
                + "isolation browser."
        ) { $0.role == .securityVendor },

        // laravel-passwordless-login 79, instantly 773, gophish 2446. Warmbly 569: WebKit's bare text is a fetcher's as
        // well as a mail program's, so at delivery it excuses nothing.
        Rule(
            "hosting-early", .securityScanner, p: 0.03, confidence: 0.92,
            "Rented servers fetched it within minutes of sending, as scanners do."
        ) { $0.role == .hosting && !$0.isNamedMailProgram && $0.isWithin(Thresholds.scanWindow) },
        Rule(
            "hosting-outdated", .securityScanner, p: 0.05, confidence: 0.88,
            "Rented servers fetched it with the name of a browser that people no longer use."
        ) { $0.role == .hosting && [.outdatedBrowser, .none].contains($0.kind) },
        Rule(
            "hosting-mail-program", .person, p: 0.5, confidence: 0.5,
            "A mail program fetched it from rented servers: a remote desktop or a VPN, or a scanner in disguise."
        ) { $0.role == .hosting && $0.kind == .mailClient },
        // Archives, eDiscovery, a person on a VPN.
        Rule(
            "hosting-late", .securityScanner, p: 0.38, confidence: 0.55,
            "Rented servers fetched it long after delivery: an archive, a late scan, or a person on a VPN."
        ) { $0.role == .hosting },

        // Drafts shown before sending, or a wrong clock.
        Rule(
            "before-sending", .person, p: 0.5, confidence: 0.4,
            "It came before the message was sent: a draft that was looked at, or a clock that is wrong."
        ) { ($0.age ?? 0) < -Thresholds.clockSkew },
        Rule(
            "clock-skew", .person, p: 0.72, confidence: 0.7,
            "It came a little before the time of sending, so the clocks differ; otherwise it looks like a person."
        ) { ($0.age ?? 0) < 0 && [.access, .unknown, .vpn].contains($0.role) && $0.isMailProgramOrBrowser },

        Rule(
            "vpn-early", .securityScanner, p: 0.35, confidence: 0.5,
            "A browser fetched it through a VPN within a minute of sending: a scanner, or a fast reader."
        ) { $0.role == .vpn && $0.kind != .mailClient && $0.isWithin(Thresholds.proxyWindow) },
        Rule(
            "vpn-mail-program", .person, p: 0.82, confidence: 0.82,
            "A mail program fetched it through a VPN."
        ) { $0.role == .vpn && $0.kind == .mailClient },
        Rule(
            "vpn-browser", .person, p: 0.72, confidence: 0.7,
            "A browser fetched it through a VPN, some time after delivery."
        ) { $0.role == .vpn && $0.kind == .browser },
        // A VPN hides Apple's relay (SendGrid).
        Rule(
            "vpn-unnamed", .machinePrefetch, p: 0.4, confidence: 0.5,
            "It came through a VPN with a client that does not name itself."
        ) { $0.role == .vpn },

        // Litmus 2021: since iOS 15 this is Apple Mail with or without protection; the address decides.
        Rule(
            "apple-direct", .person, p: 0.85, confidence: 0.85,
            "Apple Mail fetched it directly from the reader's own line, not through Apple's relay."
        ) { $0.role == .access && $0.kind == .appleBare },
        Rule(
            "office-direct", .person, p: 0.85, confidence: 0.87,
            "Office fetched it from a home or an office, as Outlook does when pictures are downloaded."
        ) { $0.role == .access && $0.family == .officeBare },
        Rule(
            "direct-client-early", .person, p: 0.82, confidence: 0.82,
            "A mail program or browser fetched it from a home, an office or a phone within a minute of sending."
        ) { $0.role == .access && $0.isMailProgramOrBrowser && $0.isWithin(Thresholds.proxyWindow) },
        Rule(
            "direct-client", .person, p: 0.97, confidence: 0.92,
            "A mail program or browser fetched it from a home, an office or a phone."
        ) { $0.role == .access && $0.isMailProgramOrBrowser },
        Rule(
            "direct-unnamed", .person, p: 0.75, confidence: 0.65,
            "A client that few use fetched it from a home, an office or a phone."
        ) { $0.role == .access && $0.kind == .other && !$0.isWithin(Thresholds.proxyWindow) },
        Rule(
            "direct-doubtful", .person, p: 0.5, confidence: 0.5,
            "Something without a name or with a very old browser's fetched it from a home, an office or a phone."
        ) { $0.role == .access },

        Rule(
            "mail-program-early", .person, p: 0.75, confidence: 0.75,
            "A mail program fetched it within a minute of sending, from a network of which nothing is known."
        ) { $0.role == .unknown && $0.kind == .mailClient && $0.isWithin(Thresholds.unknownWindow) },
        Rule(
            "mail-program", .person, p: 0.9, confidence: 0.82,
            "A mail program fetched it, from a network of which nothing is known."
        ) { $0.role == .unknown && $0.kind == .mailClient },
        Rule(
            "browser-early", .securityScanner, p: 0.4, confidence: 0.5,
            "A browser fetched it within a minute of sending, from a network of which nothing is known: a scanner, or a "
                + "fast reader."
        ) { $0.role == .unknown && $0.kind == .browser && $0.isWithin(Thresholds.unknownWindow) },
        Rule(
            "browser", .person, p: 0.78, confidence: 0.7,
            "A browser fetched it some time after delivery, from a network of which nothing is known."
        ) { $0.role == .unknown && $0.kind == .browser },
        Rule(
            "apple-unconfirmed", .machinePrefetch, p: 0.4, confidence: 0.5,
            "Apple Mail fetched it; whether through Apple's relay or directly cannot be told from the network."
        ) { $0.kind == .appleBare },
        Rule(
            "outdated-browser", .securityScanner, p: 0.2, confidence: 0.6,
            "A browser that people no longer use fetched it, from a network of which nothing is known."
        ) { $0.role == .unknown && $0.kind == .outdatedBrowser },
        Rule(
            "no-name", .machinePrefetch, p: 0.15, confidence: 0.6,
            "A client without any name fetched it, from a network of which nothing is known."
        ) { $0.role == .unknown && $0.kind == .none },
    ]
}

extension Observation {
    enum ProxyOrigin: Sendable { case confirmed, foreign, unknown }

    var isMailProgramOrBrowser: Bool { kind == .mailClient || kind == .browser }

    /// Not by the absence of a browser's name alone.
    var isNamedMailProgram: Bool { kind == .mailClient && family != .appleMail }

    /// Bare or missing User-Agent through the relay, or the bare one from a network that carries the relay.
    var isApplePreload: Bool {
        if role == .relay { return kind == .appleBare || kind == .none }
        guard kind == .appleBare, role == .unknown, let asn = hit.asn else { return false }
        return NetworkRole.appleEgressASNs.contains(asn)
    }

    var isGoogleCloud: Bool {
        guard let name = hit.netclass?.rawValue else { return hit.asn == 396_982 }
        return name.hasPrefix(NetworkClass.googleCloud.rawValue)
    }

    /// The webmail of the recipient's provider fetches on the reader's behalf from here.
    var isWebmailServer: Bool {
        (hit.netclass == .recipientMX || hit.netclass == .microsoftExchangeOnline) && kind != .mailProxy
    }

    /// Does the network belong to whom the User-Agent names?
    var proxyOrigin: ProxyOrigin {
        let homes = Observation.proxyHomes[family.rawValue] ?? []
        guard let netclass = hit.netclass else { return role == .unknown ? .unknown : .foreign }
        if homes.contains(netclass) { return .confirmed }
        // Google's other proxies: not where opens are known to come from, yet nobody else's either.
        if family == .gmailProxy, netclass == .googleCrawler { return .unknown }
        return role == .unknown ? .unknown : .foreign
    }

    private static let proxyHomes: [String: Set<NetworkClass>] = [
        "gmail-proxy": [.googleProxy], "yahoo-proxy": [.yahoo], "rambler-proxy": [.rambler],
        "ukrnet-proxy": [.ukrnet], "seznam-proxy": [.seznam], "shortwave-proxy": [.shortwave],
        "fastmail-proxy": [.fastmail],
    ]
}
