import Testing

@testable import Opens

struct ClientTests {
    @Test(
        arguments: [
            (nil, "none"), ("", "none"), ("  ", "none"), ("-", "none"), ("Mozilla/5.0", "apple-bare"),
            ("Mozilla/5.0 ", "other"),
            ("Mozilla/5.0 (compatible)", "other"),
            (
                "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
                "gmail-proxy"
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36 (via ggpht.com GoogleImageProxy)",
                "gmail-proxy"
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0",
                "gmail-prefetch"
            ),
            ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", "yahoo-proxy"),
            ("RamblerMail/6.0 (incompatible; ImageProxy/6.0)", "rambler-proxy"),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)", "apple-mail"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 14_8 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
                "apple-mail"
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Outlook-iOS/4.2431",
                "outlook-mobile"
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1",
                "safari"
            ),
            (
                "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; Microsoft Outlook 16.0.17928; ms-office; MSOffice 16)",
                "outlook"
            ),
            ("Mozilla/4.0 (compatible; ms-office; MSOffice 16)", "ms-office"),
            ("Microsoft Office Existence Discovery", "ms-office-discovery"),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0", "thunderbird"),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S911B Build/UP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/140.0.7339.51 Mobile Safari/537.36",
                "android-webview"
            ),
            ("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)", "outdated-browser"),
            (
                "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/57.0.2987.133 Safari/537.36",
                "outdated-browser"
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/100.0.0.0 Safari/537.36",
                "chrome"
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36 Edg/148.0.0.0",
                "edge"
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/129.0.0.0 Safari/537.36",
                "headless"
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0", "firefox"),
            ("curl/8.5.0", "library"), ("python-requests/2.31.0", "library"),
            ("Slack-ImgProxy (+https://api.slack.com/robots)", "link-preview"),
            ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "crawler"),
            (
                "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
                "chrome"
            ),
        ] as [(String?, String)])
    func families(agent: String?, family: String) { #expect(ClientFamily(userAgent: agent).rawValue == family) }

    @Test func longAndOddAgentsAreHarmless() {
        #expect(ClientFamily(userAgent: String(repeating: "x", count: 65_536) + "thunderbird/1") == .other)
        for text in ["chrome/", "Chrome/99999999999999999999", "\u{0}", "é", "chrome/٣"] {
            #expect(ClientFamily.all.contains(ClientFamily(userAgent: text)))
        }
        #expect(ClientFamily(rawValue: "of-a-newer-server").kind == .other)
    }

    @Test(
        arguments: [
            ([("Sec-Purpose", "prefetch;prerender")], "GET", ["no-ua", "purpose-prefetch"]),
            ([("X-Moz", "Prefetch"), ("user-agent", "x")], "GET", ["purpose-prefetch"]),
            ([("Purpose", "business"), ("User-Agent", "x")], "GET", []),
            (
                [("DNT", "1"), ("Sec-GPC", "1"), ("Accept-Language", "de"), ("User-Agent", " ")], "head",
                ["accept-language", "dnt", "gpc", "no-ua", "probe"]
            ),
            ([("DNT", "0"), ("Sec-GPC", "0"), ("Accept-Language", ""), ("User-Agent", "x")], "OPTIONS", ["probe"]),
            (
                [("Referer", "https://webmail.example.org/?id=7"), ("Sec-Fetch-Dest", "image"), ("User-Agent", "x")],
                "GET", ["referer-webmail", "sec-fetch"]
            ),
            (
                [("Referer", "https://example.org/mail.html"), ("If-None-Match", "\"p\""), ("User-Agent", "x")], "GET",
                ["conditional"]
            ),
        ] as [([(String, String)], String, [String])])
    func signals(headers: [(String, String)], method: String, expected: [String]) {
        let signals = Signal.signals(headers: headers.map { (name: $0.0, value: $0.1) }, method: method)
        #expect(signals.map(\.rawValue).sorted() == expected)
    }
}
