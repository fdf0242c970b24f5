import Foundation
import Testing

@testable import HitSources

@Suite struct LogLineTests {
    private static let at = Date(timeIntervalSince1970: 1_795_671_478)

    private static func line(
        _ at: Date = at, _ address: String = "192.0.2.10", _ method: String = "GET", _ target: String = "/i/t.gif",
        agent: String? = "Thunderbird/140", referer: String? = nil
    ) -> LogLine {
        LogLine(at: at, address: address, method: method, target: target, userAgent: agent, referer: referer)
    }

    @Test(arguments: [
        (
            #"192.0.2.10 - - [26/Nov/2026:05:37:58 +0000] "GET /i/t.gif HTTP/1.1" 200 43 "-" "Thunderbird/140""#, line()
        ),
        // Apache, with another zone and what some append.
        (
            #"2001:db8::1 - ann [26/Nov/2026:06:37:58 +0100] "HEAD /i/t.gif?x=1 HTTP/2.0" 304 - "https://mail.example.org/" "-" "extra""#,
            line(
                at, "2001:db8::1", "HEAD", "/i/t.gif?x=1", agent: nil, referer: "https://mail.example.org/")
        ),
        (
            #"192.0.2.10 - - [26/Nov/2026:05:37:58 +0000] "GET /i/t.gif HTTP/1.1" 200 43 "-" "a \"b\" \x22c\x22 \\ d""#,
            line(agent: #"a "b" "c" \ d"#)
        ),
        // `common`
        (#"192.0.2.10 - - [26/Nov/2026:05:37:58 +0000] "GET /i/t.gif HTTP/1.1" 200 43"#, line(agent: nil)),
    ])
    func readsCombined(_ text: String, _ expected: LogLine) {
        #expect(LogLine(combined: Array(text.utf8)) == expected)
    }

    @Test(arguments: [
        "", "x", "192.0.2.10", #"192.0.2.10 - - [26/Nov/2026:05:37:58 +0000] "GET /i/t.gif" 200 43"#,
        #"192.0.2.10 - - [31/Foo/2026:05:37:58 +0000] "GET /i/t.gif HTTP/1.1" 200 43 "-" "-""#,
        #"192.0.2.10 - - [26/Nov/2026:25:37:58 +0000] "GET /i/t.gif HTTP/1.1" 200 43 "-" "-""#,
        #"192.0.2.10 - - [26/Nov/2026:05:37:58 +0000] "\x16\x03\x01" 400 0 "-" "-""#,
        #"192.0.2.10 - - [26/Nov/2026:05:37:58 +0000] "GET http://x/i/t.gif HTTP/1.1" 200 43 "-" "-""#,
    ])
    func leavesOutWhatIsNone(_ text: String) {
        #expect(LogLine(combined: Array(text.utf8)) == nil)
        #expect(LogLine(json: Array(text.utf8)) == nil)
    }

    @Test(arguments: [
        // nginx, as Config/pixel-nginx.conf writes it.
        #"{"time_iso8601":"2026-11-26T05:37:58+00:00","msec":1795671478.000,"remote_addr":"192.0.2.10","request":"GET /i/t.gif HTTP/1.1","status":200,"http_referer":"","http_user_agent":"Thunderbird/140"}"#,
        #"{"time_local":"26/Nov/2026:05:37:58 +0000","remote_addr":"192.0.2.10","request_method":"GET","request_uri":"/i/t.gif","http_user_agent":"Thunderbird/140"}"#,
        #"{"time":"2026-11-26T06:37:58+01:00","remote_addr":"192.0.2.10","uri":"/i/t.gif","http_user_agent":"Thunderbird/140"}"#,
        // Caddy 2.
        #"{"level":"info","ts":1795671478.0,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"10.0.0.1","remote_port":"1","client_ip":"192.0.2.10","proto":"HTTP/2.0","method":"GET","host":"px","uri":"/i/t.gif","headers":{"User-Agent":["Thunderbird/140"],"Accept":["*/*"]}},"status":200,"resp_headers":{"Server":["Caddy"]}}"#,
    ])
    func readsJSON(_ text: String) {
        #expect(LogLine(json: Array(text.utf8)) == Self.line())
    }

    /// nginx's `escape=json` leaves what is no UTF-8 in its place.
    @Test func readsJSONThatIsNoUTF8() {
        let start = #"{"msec":1795671478.000,"remote_addr":"192.0.2.10","request":"GET /i/t.gif HTTP/1.1","#
        let line = Array("\(start)\"http_user_agent\":\"Caf".utf8) + [0xe9, 0x22, 0x7d]
        #expect(LogLine(json: line) == Self.line(agent: "Caf\u{fffd}"))
    }

    @Test func everyCutIsALineOrNone() {
        let lines = [
            #"192.0.2.10 - - [26/Nov/2026:05:37:58 +0000] "GET /i/t.gif HTTP/1.1" 200 43 "-" "a \x22b""#,
            #"{"ts":1795671478.0,"request":{"client_ip":"192.0.2.10","method":"GET","uri":"/i/t.gif","headers":{}}}"#,
        ]
        for line in lines {
            for count in 0...line.utf8.count {
                let bytes = Array(line.utf8.prefix(count))
                if let read = LogLine(combined: bytes) ?? LogLine(json: bytes) { #expect(read.at == Self.at) }
            }
        }
    }

    @Test(arguments: [
        ("2026-11-26T05:37:58Z", 1_795_671_478.0), ("2026-11-26 05:37:58.250Z", 1_795_671_478.25),
        ("2026-11-26T00:07:58-05:30", 1_795_671_478), ("2000-02-29T00:00:00Z", 951_782_400),
        ("1970-01-01T00:00:00Z", 0),
    ])
    func readsTimes(_ text: String, _ seconds: Double) {
        #expect(LogTime.iso8601(text) == Date(timeIntervalSince1970: seconds))
    }
}
