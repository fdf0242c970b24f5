package extension ClientFamily {
    static let gmailProxy = ClientFamily(rawValue: "gmail-proxy")
    static let gmailPrefetch = ClientFamily(rawValue: "gmail-prefetch")
    static let yahooProxy = ClientFamily(rawValue: "yahoo-proxy")
    static let appleMail = ClientFamily(rawValue: "apple-mail")
    static let appleBare = ClientFamily(rawValue: "apple-bare")
    static let officeBare = ClientFamily(rawValue: "ms-office")
    static let outdatedBrowser = ClientFamily(rawValue: "outdated-browser")
    static let none = ClientFamily(rawValue: "none")
    static let other = ClientFamily(rawValue: "other")

    /// The first row of the table that fits; ``none`` for an absent or empty User-Agent, ``other`` if no row fits.
    /// Only the first 512 bytes are read.
    init(userAgent: String?) {
        let agent = (userAgent ?? "").utf8.prefix(512).map { (65...90).contains($0) ? $0 | 0x20 : $0 }
        let isBlank = agent.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "-") }
        guard !isBlank else {
            self = .none
            return
        }
        self = ClientFamily.rows.first { $0.matches(agent) }.map { ClientFamily(rawValue: $0.name) } ?? .other
    }

    /// Every family that ``init(userAgent:)`` can give.
    static var all: [ClientFamily] {
        var seen: Set<String> = []
        return (rows.map(\.name) + ["none", "other"]).filter { seen.insert($0).inserted }.map(ClientFamily.init)
    }
}

extension ClientFamily {
    /// ``ClientKind/other`` for the name of a newer server.
    var kind: ClientKind { self == .none ? .none : ClientFamily.kinds[rawValue] ?? .other }
}

private extension ClientFamily {
    enum Test: Sendable {
        case contains(StaticString)
        case equals(StaticString)
        case prefix(StaticString)
        case suffix(StaticString)
        /// The number behind the text is below the limit: `("chrome/", 100)`.
        case below(StaticString, Int)
        case not(StaticString)

        /// Bytes, not characters: this runs for every request, some eighty times.
        func holds(for agent: [UInt8]) -> Bool {
            switch self {
            case .contains(let text): agent.end(of: text) != nil
            case .equals(let text): agent.count == text.utf8CodeUnitCount && agent.has(text, at: 0)
            case .prefix(let text): agent.has(text, at: 0)
            case .suffix(let text): agent.has(text, at: agent.count - text.utf8CodeUnitCount)
            case .below(let text, let limit): agent.number(behind: text).map { $0 < limit } ?? false
            case .not(let text): agent.end(of: text) == nil
            }
        }
    }

    struct Row: Sendable {
        var name: String
        var kind: ClientKind
        var tests: [Test]

        init(_ name: String, _ kind: ClientKind, _ tests: Test...) {
            self.name = name
            self.kind = kind
            self.tests = tests
        }

        func matches(_ agent: [UInt8]) -> Bool { tests.allSatisfy { $0.holds(for: agent) } }
    }

    static func rows(_ name: String, _ kind: ClientKind, anyOf texts: StaticString...) -> [Row] {
        texts.map { Row(name, kind, .contains($0)) }
    }

    static let kinds = Dictionary(rows.map { ($0.name, $0.kind) }, uniquingKeysWith: { first, _ in first })

    /// In lower case. Mail proxies come first: the generic lists of robots call every one of them a robot.
    static let rows: [Row] = proxies + machines + mailPrograms + browsers

    static let proxies: [Row] = [
        // The text around the marker has changed over the years (Firefox/3.0.7, Firefox/11.0).
        Row("gmail-proxy", .mailProxy, .contains("googleimageproxy")),
        // Bird/SparkPost 2022: `… Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0`.
        Row("gmail-prefetch", .prefetcher, .contains(" edge/"), .suffix(" mozilla/5.0")),
        Row("yahoo-proxy", .mailProxy, .contains("yahoomailproxy")),
        Row("rambler-proxy", .mailProxy, .contains("ramblermail")),
        Row("ukrnet-proxy", .mailProxy, .contains("secureurl.fwdcdn.com")),
        Row("seznam-proxy", .mailProxy, .contains("seznamemailproxy")),
        Row("shortwave-proxy", .mailProxy, .contains("shortwave image fetcher")),
        Row("hey-proxy", .mailProxy, .contains("hey.com/imageproxy")),
        Row("fastmail-proxy", .mailProxy, .contains("fastmailua")),
    ]

    static let machines: [Row] =
        rows(
            "link-preview", .preview,
            anyOf: "slack-imgproxy", "slackbot", "facebookexternalhit", "telegrambot", "whatsapp/", "discordbot",
            "twitterbot", "linkedinbot", "skypeuripreview", "mattermost-bot", "google-pagerenderer")
        + rows(
            "ms-office-discovery", .discovery,
            anyOf: "microsoft office existence discovery", "microsoft office protocol discovery")
        + rows("headless", .automation, anyOf: "headlesschrome", "phantomjs", "puppeteer", "playwright", "selenium")
        + rows(
            "library", .automation,
            anyOf: "python-requests", "python-urllib", "python-httpx", "aiohttp", "go-http-client", "apache-httpclient",
            "libwww-perl", "node-fetch", "axios/", "undici", "guzzlehttp", "scrapy", "postmanruntime", "powershell")
        + [
            Row("library", .automation, .prefix("curl/")), Row("library", .automation, .prefix("wget/")),
            Row("library", .automation, .prefix("java/")),
        ]
        + rows("crawler", .automation, anyOf: "bot/", "bot;", "bot-", "spider", "crawler", "(+http", "; +http")

    static let mailPrograms: [Row] =
        rows("outlook-mobile", .mailClient, anyOf: "outlook-ios", "outlook-android")
        + rows("outlook", .mailClient, anyOf: "microsoft outlook")
        + [
            // The newer Word engine; other trackers file it under scanners.
            Row("ms-office", .mailClient, .contains("ms-office"))
        ]
        + rows("thunderbird", .mailClient, anyOf: "thunderbird/", "betterbird/", "icedove/")
        + rows(
            "mail-client", .mailClient,
            anyOf: "mailmate", "airmail", "evolution/", "kmail/", "claws mail", "em client", "emclient", "postbox/",
            "k-9 mail", "fairemail", "bluemail", "mailbird", "the bat!", "sylpheed", "geary/")
        + [
            Row("android-webview", .mailClient, .contains("; wv)")),
            // WebKit without a browser's name behind it is a program that shows HTML: Apple Mail, or the new Outlook.
            Row("apple-mail", .mailClient, .contains("applewebkit/"), .suffix("(khtml, like gecko)")),
            Row(
                "apple-mail", .mailClient, .contains("applewebkit/"), .contains(" mobile/"), .not("version/"),
                .not("safari/"), .not("crios/"), .not("fxios/")),
            Row("apple-bare", .appleBare, .equals("mozilla/5.0")),
        ]

    static let browsers: [Row] = [
        // IE 11 calls itself Trident/7.0 without MSIE; compatibility views of Outlook were taken above.
        Row("outdated-browser", .outdatedBrowser, .contains("msie ")),
        // Chrome 100 and Firefox 78 are of 2022 and 2020.
        Row("outdated-browser", .outdatedBrowser, .below("chrome/", 100)),
        Row("outdated-browser", .outdatedBrowser, .below("firefox/", 78)),
        Row("edge", .browser, .contains("edg/")), Row("edge", .browser, .contains("edge/")),
        Row("opera", .browser, .contains("opr/")),
        Row("samsung-internet", .browser, .contains("samsungbrowser/")),
        Row("firefox", .browser, .contains("firefox/")), Row("firefox", .browser, .contains("fxios/")),
        Row("chrome", .browser, .contains("chrome/")), Row("chrome", .browser, .contains("crios/")),
        Row("safari", .browser, .contains("version/"), .contains("safari/")),
        Row("internet-explorer", .browser, .contains("trident/7.0")),
    ]
}

private extension [UInt8] {
    func has(_ text: StaticString, at start: Int) -> Bool {
        let length = text.utf8CodeUnitCount
        guard start >= 0, start + length <= count else { return false }
        return text.withUTF8Buffer { bytes in
            for offset in 0..<length where self[start + offset] != bytes[offset] { return false }
            return true
        }
    }

    /// Where the first occurrence ends.
    func end(of text: StaticString) -> Int? {
        let length = text.utf8CodeUnitCount
        guard length > 0, length <= count else { return nil }
        for start in 0...(count - length) where has(text, at: start) { return start + length }
        return nil
    }

    func number(behind text: StaticString) -> Int? {
        guard let start = end(of: text) else { return nil }
        let digits = self[start...].prefix(6).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return digits.isEmpty ? nil : digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
}
