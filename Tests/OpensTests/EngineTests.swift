import Foundation
import Testing

@testable import Opens

/// Situations that are not in the corpus, from the same facts.
struct EngineTests {
    static let sentAt = Date(timeIntervalSinceReferenceDate: 800_000_000)
    static let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"
    static let chrome =
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36"
    static let thunderbird = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0"
    static let gmail = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
    static let oneToken = String(repeating: "a", count: 40)

    static func hit(
        _ seconds: Double, _ ua: String?, _ netclass: String? = nil, net: String? = nil, asn: UInt32? = nil,
        token: String = oneToken, method: String? = "GET", selfNet: Bool = false, signals: Set<Signal> = []
    ) -> Hit {
        Hit(
            seq: Int64(seconds * 10) + 100_000, at: sentAt + seconds, token: token, method: method,
            net: net ?? netclass, netclass: netclass.map(NetworkClass.init(rawValue:)), asn: asn, selfNet: selfNet,
            ua: ua,
            family: ClientFamily(userAgent: ua), signals: signals)
    }

    static func judge(_ hits: [Hit], now: Double = 1e7, change: (inout History) -> Void = { _ in }) -> Judgement {
        var history = History(sentAt: sentAt, tokens: [oneToken], hits: hits)
        change(&history)
        return OpensEngine.judge(history, now: sentAt + now)
    }

    struct Situation: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var hits: [Hit]
        var status: OpenStatus
        var rules: [String]

        init(_ name: String, _ status: OpenStatus, _ rules: [String], _ hits: Hit...) {
            testDescription = name
            self.hits = hits
            self.status = status
            self.rules = rules
        }
    }

    @Test(arguments: [
        Situation("no hit", .unknown, []),
        Situation(
            "a web gateway carries a person", .opened, ["direct-client"], hit(7200, chrome, "zscaler")),
        Situation(
            "Gmail name from crawler space", .maybe, ["gmail-proxy-unconfirmed"], hit(7200, gmail, "google-crawler")),
        Situation(
            "Gmail re-opened next day", .opened, ["gmail-proxy", "gmail-proxy"],
            hit(7200, gmail, "google-proxy"), hit(90_000, gmail, "google-proxy")),
        Situation(
            "early proxy fetch and its repeat are no reading", .maybe, ["mail-proxy-early", "same-reading"],
            hit(9, gmail, "google-proxy"), hit(75, gmail, "google-proxy")),
        Situation(
            "preload, then Apple Mail at home", .opened, ["apple-preload", "direct-client"],
            hit(300, "Mozilla/5.0", "apple-relay"),
            hit(
                9000, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
                "residential")),
        Situation(
            "relay known by its operator alone", .machineOnly, ["apple-preload"],
            hit(300, "Mozilla/5.0", nil, net: "x", asn: 13_335)),
        Situation(
            "bare Apple from nowhere known", .maybe, ["apple-unconfirmed"], hit(300, "Mozilla/5.0", nil, net: "x")),
        Situation(
            "home and phone within a minute are people", .opened, ["direct-client", "direct-client"],
            hit(7200, thunderbird, "residential"), hit(7240, firefox, "mobile")),
        Situation(
            "unnamed networks in a burst", .machineOnly, ["network-burst", "network-burst", "network-burst"],
            hit(900, chrome, nil, net: "a"), hit(905, firefox, nil, net: "b"), hit(990, chrome, nil, net: "c")),
        Situation(
            "one phone on three networks of its operator", .opened, ["browser", "browser", "browser"],
            hit(900, chrome, nil, net: "a", asn: 64_500), hit(930, chrome, nil, net: "b", asn: 64_500),
            hit(960, chrome, nil, net: "c", asn: 64_500)),
        Situation(
            "scanner by vendor's network number", .machineOnly, ["security-vendor-early"],
            hit(120, chrome, nil, net: "a", asn: 22_843)),
        Situation(
            "isolation browser hours later", .maybe, ["security-vendor"], hit(9000, chrome, nil, net: "a", asn: 30_031)),
        Situation(
            "a mail program is a person without any network", .opened, ["mail-program-early"], hit(2, thunderbird)),
        Situation(
            "HEAD from a home proves nothing", .machineOnly, ["probe"], hit(500, firefox, "residential", method: "HEAD")
        ),
        Situation("PUT", .notOpened, ["foreign-method"], hit(500, firefox, "residential", method: "PUT")),
        Situation("long before sending", .maybe, ["before-sending"], hit(-4000, thunderbird, "residential")),
        Situation(
            "damaged sibling from the same rented server", .machineOnly, ["damaged-token", "damaged-sibling"],
            hit(9000, chrome, "datacenter", signals: [.tokenDamaged]), hit(9030, thunderbird, "datacenter")),
        Situation(
            "level 0 keeps enough", .opened, ["gmail-proxy"],
            Hit(seq: 1, at: sentAt + 7200, token: oneToken, method: nil, netclass: .googleProxy, family: .gmailProxy)),
        Situation(
            "pixel and link at once from nowhere known", .machineOnly, ["link-at-once", "link-at-once"],
            hit(900, chrome, nil, net: "x"), hit(902, firefox, nil, net: "x", signals: [.link])),
        Situation(
            "a person at home may click at once", .opened, ["direct-client", "same-reading"],
            hit(900, chrome, "residential"), hit(902, chrome, "residential", signals: [.link])),
        Situation(
            "a link after some reading", .opened, ["browser", "same-reading"],
            hit(900, chrome, nil, net: "x"), hit(910, chrome, nil, net: "x", signals: [.link])),
        Situation(
            "links of others' machines say nothing", .opened, ["browser", "hosting-late"],
            hit(900, chrome, nil, net: "x"), hit(902, chrome, "datacenter", signals: [.link])),
        Situation(
            "bare WebKit from rented servers at delivery", .machineOnly, ["hosting-early"],
            hit(8, "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko)", "datacenter")),
        Situation(
            "a composer's proxy", .selfOnly, ["mail-proxy-before-sending"], hit(-900, gmail, "google-proxy")),
        Situation("Google scans", .machineOnly, ["google-crawler"], hit(7200, chrome, "google-crawler")),
        Situation(
            "names of a newer server", .maybe, ["unclassified"],
            Hit(
                seq: 1, at: sentAt + 7200, token: oneToken, netclass: NetworkClass(rawValue: "moon"),
                family: ClientFamily(rawValue: "telepathy"))),
    ])
    func situations(_ situation: Situation) {
        let judgement = Self.judge(situation.hits)
        #expect(judgement.verdicts.map(\.rule) == situation.rules)
        #expect(judgement.status == situation.status)
        #expect(judgement.reviewAt == nil)
    }

    @Test func sendersCopyIsTheSenderOnAnyNetwork() {
        // Version 1, level 2, recipient 255.
        let token = "maaaaaaaaaaaaaaaaaap6aaaaaaaaaaaaaaaaaaa"
        let judgement = Self.judge([Self.hit(7200, Self.gmail, "google-proxy", token: token)]) { $0.tokens = [token] }
        #expect(judgement.status == .selfOnly)
        #expect(judgement.verdicts.first?.rule == "sent-copy")
    }

    @Test func ownNetworkUnlessItIsAColleague() {
        let look = Self.hit(3600, Self.firefox, nil, net: "n", selfNet: true)
        #expect(Self.judge([look]).status == .selfOnly)
        let office: (inout History) -> Void = {
            $0.senderDomains = ["example.org"]
            $0.recipientDomains = ["example.org"]
        }
        #expect(Self.judge([look], change: office).status == .maybe)
        let known: (Set<ClientFamily>) -> (inout History) -> Void = { clients in
            {
                office(&$0)
                $0.ownClients = clients
            }
        }
        #expect(Self.judge([look], change: known([ClientFamily(rawValue: "firefox")])).status == .selfOnly)
        #expect(Self.judge([look], change: known([ClientFamily(rawValue: "thunderbird")])).status == .opened)
    }

    /// Seconds from the hit between which the sender touched the message.
    @Test(
        arguments: [
            (-29.0, -29.0, .selfOnly), (29, 29, .selfOnly), (31, 31, .opened), (-31, -31, .opened),
            // A server that is asked once a minute.
            (-59, 1, .selfOnly), (29, 89, .selfOnly), (-100, -31, .opened),
            // The connection had been away.
            (-3000, 1, .opened), (-90, 1, .opened), (nil, 1, .opened),
            // The clock was set back meanwhile.
            (500, 1, .selfOnly), (500, -40, .opened),
        ] as [(Double?, Double, OpenStatus)])
    func ownActivityExplainsWhatComesWithIt(since: Double?, until: Double, status: OpenStatus) {
        let judgement = Self.judge([Self.hit(3600, Self.gmail, "google-proxy")]) {
            $0.ownActivity = [
                OwnActivity(since: since.map { Self.sentAt + 3600 + $0 }, until: Self.sentAt + 3600 + until)
            ]
        }
        #expect(judgement.status == status)
    }

    /// Programs mark the copy that they file as read.
    @Test(arguments: [(59.0, OpenStatus.opened), (61, .selfOnly)])
    func filingACopyIsNoLookAtIt(age: Double, status: OpenStatus) {
        let judgement = Self.judge([Self.hit(70, Self.thunderbird, "residential")]) {
            $0.ownActivity = [OwnActivity(since: Self.sentAt + age, until: Self.sentAt + age)]
        }
        #expect(judgement.status == status)
    }

    /// A scanner is a scanner, Apple's preload a preload, and another token another copy.
    @Test func whatIsQuotedIsDoubtfulWhereTheSenderMayBe() {
        func rule(_ hit: Hit, quoted token: String = Self.oneToken, at seconds: Double = 3600) -> String? {
            Self.judge([hit]) {
                $0.incoming = [Incoming(kind: .reply, token: token, arrivedAt: Self.sentAt + seconds)]
            }.verdicts.first?.rule
        }
        #expect(rule(Self.hit(3600, Self.thunderbird, "residential")) == "quoted-in-reply")
        #expect(rule(Self.hit(3600, Self.gmail, "google-proxy")) == "quoted-in-reply")
        #expect(rule(Self.hit(3600, Self.thunderbird, "residential"), at: 3601) == "direct-client")
        #expect(rule(Self.hit(3600, Self.thunderbird, "residential"), quoted: "b") == "direct-client")
        #expect(rule(Self.hit(3600, Self.chrome, "microsoft-eop")) == "mail-filter")
        #expect(rule(Self.hit(3600, "Mozilla/5.0", "apple-relay")) == "apple-preload")
        #expect(rule(Self.hit(3600, Self.chrome, "datacenter")) == "hosting-late")
        #expect(rule(Self.hit(3600, Self.firefox, nil, net: "n", selfNet: true)) == "own-network")
    }

    @Test func aMailThatCameBackIsOpenedByNobody() {
        func rule(_ hit: Hit, change: @escaping (inout History) -> Void = { _ in }) -> String? {
            Self.judge([hit]) {
                $0.undelivered = [Self.oneToken: Self.sentAt + 60]
                change(&$0)
            }.verdicts.first?.rule
        }
        #expect(rule(Self.hit(3, Self.thunderbird, "residential")) == "undelivered-on-the-way")
        #expect(rule(Self.hit(60, Self.gmail, "google-proxy")) == "undelivered")
        #expect(rule(Self.hit(60, Self.firefox, "residential", method: "HEAD")) == "probe")
        let office: (inout History) -> Void = {
            ($0.senderDomains, $0.recipientDomains) = (["x"], ["x"])
            $0.ownClients = [ClientFamily(rawValue: "thunderbird")]
        }
        #expect(rule(Self.hit(30, Self.firefox, nil, net: "n", selfNet: true), change: office) == "undelivered")
    }

    @Test func sharedTokenWithTheSenderIsAmbiguous() {
        let hits = [Self.hit(3600, Self.gmail, "google-proxy")]
        #expect(Self.judge(hits) { $0.recipientIsSender = true }.status == .maybe)
        #expect(Self.judge(hits) { $0.ownTokens = [Self.oneToken] }.status == .selfOnly)
    }

    @Test func neighboursShowASweep() {
        let hit = Self.hit(900, Self.chrome, nil, net: "one")
        let others = (0..<4).map { Self.hit(900 + Double($0), Self.chrome, nil, net: "one", token: "other\($0)") }
        #expect(Self.judge([hit]).status == .opened)
        let judgement = Self.judge([hit]) { $0.neighbours = others }
        #expect(judgement.verdicts.map(\.rule) == ["many-tokens"])
        #expect(judgement.status == .machineOnly)
        // Three colleagues are no sweep, nor are many readers of one proxy.
        #expect(Self.judge([hit]) { $0.neighbours = Array(others.prefix(2)) }.status == .opened)
        let proxied = Self.hit(900, Self.gmail, "google-proxy")
        let readers = (0..<9).map { Self.hit(900 + Double($0), Self.gmail, "google-proxy", token: "other\($0)") }
        #expect(Self.judge([proxied]) { $0.neighbours = readers }.status == .opened)
    }

    /// A later hit changes what an earlier one meant; until it can no longer come, the earlier one is not final.
    @Test func aVerdictIsDeferredWhileABurstMayStillShow() {
        let first = Self.hit(900, Self.chrome, nil, net: "a")
        let early = Self.judge([first], now: 901)
        #expect(early.status == .maybe)
        #expect(early.readings == 0)
        #expect(early.reviewAt == Self.sentAt + 1020)
        let later = Self.judge([first], now: 1020)
        #expect(later.status == .opened)
        #expect(later.reviewAt == nil)
        #expect(later.firstOpen == Self.sentAt + 900)
        let rest = [Self.hit(910, Self.firefox, nil, net: "b"), Self.hit(950, Self.chrome, nil, net: "c")]
        let burst = Self.judge([first] + rest, now: 951)
        #expect(burst.status == .machineOnly)
        #expect(burst.reviewAt == nil)
        // What no burst can take in is final at once.
        #expect(Self.judge([Self.hit(900, Self.thunderbird, nil, net: "a")], now: 900).status == .opened)
    }

    @Test func separateReadingsAreCounted() {
        let times: [Double] = [3600, 3700, 3900, 9000, 90_000]
        let judgement = Self.judge(times.map { Self.hit($0, Self.thunderbird, "residential") })
        #expect(judgement.readings == 3)
        #expect(judgement.firstOpen == Self.sentAt + 3600)
        #expect(judgement.lastOpen == Self.sentAt + 90_000)
    }

    /// The hash of a network changes at midnight; a reading does not end there.
    @Test func readingsGoOnOverMidnight() {
        let midnight = 86_400 - Self.sentAt.timeIntervalSinceReferenceDate.truncatingRemainder(dividingBy: 86_400)
        let hits = [
            Self.hit(midnight - 30, Self.thunderbird, "residential", net: "monday", asn: 64_500),
            Self.hit(midnight + 30, Self.thunderbird, "residential", net: "tuesday", asn: 64_500),
        ]
        #expect(Self.judge(hits).readings == 1)
    }

    @Test func rulesOnTimeAbstainWhenClocksDisagreeOrSendingIsUnknown() {
        let day = Self.judge([
            Self.hit(-90_000, Self.thunderbird, "residential"), Self.hit(20, Self.thunderbird, "mobile"),
        ])
        #expect(day.verdicts.map(\.rule) == ["direct-client", "direct-client"])
        let unknown = Self.judge([Self.hit(8, Self.gmail, "google-proxy")]) { $0.sentAt = nil }
        #expect(unknown.verdicts.map(\.rule) == ["gmail-proxy"])
    }

    /// Who floods a pixel must not stop the agent: nothing grows with the square of the hits.
    @Test(arguments: ["GET", "HEAD"]) func aFloodIsJudged(method: String) {
        let hits = (0..<20_000).map {
            Self.hit(
                3600 + Double($0) / 100, Self.thunderbird, nil, net: method == "GET" ? "n\($0)" : "n", method: method)
        }
        #expect(Self.judge(hits).verdicts.count == hits.count)
    }

    @Test func verdictsComeInTheOrderOfTheHitsGiven() {
        let hits = [Self.hit(9000, Self.thunderbird, "residential"), Self.hit(6, Self.chrome, "microsoft-eop")]
        let judgement = Self.judge(hits)
        #expect(judgement.verdicts.map(\.rule) == ["direct-client", "mail-filter"])
    }

    @Test func everyRuleIsNamedOnceAndExplained() {
        let rules = Rules.current.all
        #expect(Set(rules.map(\.name)).count == rules.count)
        for rule in rules {
            #expect(rule.explanation.hasSuffix("."), "\(rule.name)")
            #expect((0...1).contains(rule.personProbability) && (0...1).contains(rule.confidence))
            #expect(rule.name.utf8.allSatisfy { $0 == UInt8(ascii: "-") || (97...122).contains($0) })
        }
        #expect(Explanation.sentence(for: "no-such-rule") == nil)
    }
}
