import FoundationEssentials
import Secrets
import Testing

@testable import SentSync

struct RenewalTests {
    @Test(
        arguments: [
            // A token of an hour: ten to five minutes before its end.
            (3600, 0.0, 3300.0), (3600, 0.5, 3150), (3600, 0.75, 3075),
            // A short one: a tenth to a fifth of its life.
            (100, 0, 90), (100, 0.5, 85),
            // One that has ended all the same.
            (0, 0.5, 0),
        ] as [(Int, Double, Double)])
    func beginsBeforeTheEnd(_ lifetime: Int, _ random: Double, _ wait: Double) {
        let now = Duration.seconds(1000)
        let renewal = Renewal(end: now + .seconds(lifetime), now: now, random: random)
        #expect(renewal.wait(now: now) == .seconds(wait))
        // However late it is looked at.
        #expect(renewal.wait(now: now + .seconds(5000)) == .zero)
    }

    /// Each time after half of what is left; and not in the last minute, so that the number of logins has an end.
    @Test func isTriedAgainAndNotForEver() throws {
        var renewal = Renewal(end: .seconds(3600), now: .zero, random: 0)
        var tries: [Duration] = []
        var now = Duration.zero
        while let wait = renewal.wait(now: now) {
            now += wait
            tries.append(now)
            renewal.failed(now: now)
        }
        #expect(tries == [3300, 3450, 3525].map { .seconds($0) })
    }
}

struct AccessTokenTests {
    /// `{"alg":"none"}`, and claims in base64url without padding.
    private static func webToken(_ claims: String) -> String {
        let payload = Data(claims.utf8).base64EncodedString().replacing("=", with: "").replacing("+", with: "-")
            .replacing("/", with: "_")
        return "eyJhbGciOiJub25lIn0.\(payload).c2ln"
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let printed: String
        var token: String?
        var lifetime: Duration?
    }

    private static let now = 1_790_000_000
    private static let jwt = webToken(#"{"sub":"ÿ~~?ÿ","exp":1790003000.5}"#)
    private static let ended = webToken(#"{"exp":1789999999}"#)
    private static let opaque = "ya29.a0AfB_by-C"

    static let cases = [
        Case(testDescription: "a token that says nothing", printed: "\(opaque)\n", token: opaque),
        Case(
            testDescription: "the first line is the token", printed: "\(opaque)\r\nexpires_in=5\n", token: opaque),
        Case(testDescription: "no line feed", printed: opaque, token: opaque),
        Case(testDescription: "a web token", printed: jwt + "\n", token: jwt, lifetime: .seconds(3000.5)),
        Case(testDescription: "a web token that has ended, by this clock", printed: ended, token: ended),
        Case(testDescription: "claims that are none", printed: "a.b.c", token: "a.b.c"),
        Case(testDescription: "claims without an end", printed: webToken("{}"), token: webToken("{}")),
        Case(
            testDescription: "a token endpoint's answer",
            printed:
                "{\n  \"access_token\": \"\(opaque)\",\n  \"expires_in\": 3599,\n  \"token_type\": \"Bearer\"\n}\n",
            token: opaque, lifetime: .seconds(3599)),
        Case(
            testDescription: "what the endpoint says goes before what the token says",
            printed: #"{"access_token":"\#(jwt)","expires_in":60}"#, token: jwt, lifetime: .seconds(60)),
        Case(
            testDescription: "an endpoint that does not say", printed: #"{"access_token":"\#(jwt)"}"#, token: jwt,
            lifetime: .seconds(3000.5)),
        Case(
            testDescription: "a year is not believed", printed: #"{"access_token":"\#(opaque)","expires_in":31536000}"#,
            token: opaque),
        Case(
            testDescription: "nor is what no clock counts",
            printed: #"{"access_token":"\#(opaque)","expires_in":1e300}"#,
            token: opaque),
        Case(testDescription: "nothing", printed: ""),
        Case(testDescription: "an empty line", printed: "\n\(opaque)"),
        Case(testDescription: "an error", printed: #"{"error":"invalid_grant"}"#),
        Case(testDescription: "an empty token", printed: #"{"access_token":"","expires_in":3599}"#),
    ]

    @Test(arguments: cases)
    func isFoundInWhatWasPrinted(_ fixture: Case) {
        let found = AccessToken(
            printed: Secret(fixture.printed), now: Date(timeIntervalSince1970: Double(Self.now)))
        #expect(found?.secret == fixture.token.map { Secret($0) })
        #expect(found?.lifetime == fixture.lifetime)
    }
}
