import Foundation
import Testing
import Tokens

@testable import PixelServer

/// What those who watch over the server see of it.
struct OperationsTests {
    @Test func aListenerOfItsOwnHasThemAndNothingElse() async throws {
        try await TestServer.run(configure: { $0.operations = ("127.0.0.1", 0) }) { server in
            for path in ["/healthz", "/readyz", "/metrics"] {
                #expect(try server.operations(path).status == 200)
                #expect(try server.operations(path, method: "HEAD").status == 200)
                #expect(try server.operations(path, method: "POST").status == 405)
            }
            #expect(
                try server.operations("/metrics").field("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
            let pixel = try "/i/\(server.state.token()).gif"
            for path in [pixel, "/v1/hits", "/", "/health"] { #expect(try server.operations(path).status == 404) }
            #expect(try server.get("/healthz").status == 404)
            #expect(try server.get("/readyz").status == 404)
            #expect(try server.get(pixel).status == 200)
        }
    }

    @Test func isThereWhenStrangersHaveAllConnections() async throws {
        try await TestServer.run(configure: {
            $0.operations = ("127.0.0.1", 0)
            $0.limits.connections = 16
        }) { server in
            let held = try (0..<16).map { _ in try server.client() }
            for client in held {
                try client.send(TestServer.head("/i/x.gif"))
                #expect(try client.answer().status == 200)
            }
            #expect(try server.client().rest().isEmpty)
            let text = try server.operations("/metrics").text
            #expect(text.contains("\nsentmark_connections_open 16\n"))
            #expect(text.contains("\nsentmark_connections_refused_total 1\n"))
        }
    }

    @Test func readyMeansThatHitsAreStored() async throws {
        let state = try TestState()
        defer { state.remove() }
        try state.log().close()
        try await TestServer.run(
            on: state,
            configure: {
                $0.operations = ("127.0.0.1", 0)
                $0.limits.logBytes = 14 * 4096
            }
        ) { server in
            #expect(try server.operations("/readyz").status == 200)
            var number: UInt64 = 0
            while try server.get("/i/\(server.state.token(number)).gif").status == 200, number < 10_000 { number += 1 }
            #expect(try server.operations("/readyz").status == 503)
            // It lives, and a restart would not help.
            #expect(try server.operations("/healthz").status == 200)
        }
    }

    /// Prometheus' text format, line by line: each series after its HELP and TYPE, once.
    @Test func metricsAreWellFormedAndCount() async throws {
        try await TestServer.run(configure: { $0.operations = ("127.0.0.1", 0) }) { server in
            let token = try server.state.token()
            for _ in 0..<3 { _ = try server.get("/i/\(token.text).gif") }
            _ = try server.get("/i/forged.gif")
            _ = try server.pull()
            _ = try server.get("/v1/hits")
            let answer = try server.operations("/metrics")
            let lines = String(decoding: answer.body, as: UTF8.self).split(separator: "\n").map(String.init)
            var types: [String: String] = [:]
            var series: [String: Double] = [:]
            for line in lines where !line.isEmpty {
                if let type = line.wholeMatch(of: /# TYPE (sentmark_[a-z_]+) (counter|gauge|histogram)/) {
                    #expect(types.updateValue(String(type.2), forKey: String(type.1)) == nil)
                } else if !line.hasPrefix("# HELP sentmark_") {
                    let parts = try #require(
                        line.wholeMatch(of: /(sentmark_[a-z_]+)(\{[a-z]+="[^"]*"\})? ([0-9.e+-]+)/), "\(line)")
                    #expect(series.updateValue(Double(parts.3) ?? -1, forKey: "\(parts.1)\(parts.2 ?? "")") == nil)
                    let base = parts.1.replacing(/_(bucket|sum|count)$/, with: "")
                    #expect(types[String(parts.1)] != nil || types[String(base)] == "histogram", "\(line)")
                }
            }
            #expect(series["sentmark_hits_stored_total"] == 3)
            #expect(series["sentmark_hits_forged_total"] == 1)
            #expect(series["sentmark_pulls_total"] == 1)
            #expect(series["sentmark_pulls_unauthorized_total"] == 1)
            #expect(series["sentmark_polls_waiting"] == 0)
            #expect(series["sentmark_commit_batch_size_sum"] == 4)
            #expect(series["sentmark_commit_batch_size_count"] == series["sentmark_commit_seconds_count"])
            #expect(series["sentmark_commit_batch_size_bucket{le=\"+Inf\"}"] == 4)
            #expect(!answer.text.contains(token.text) && !answer.text.contains("127.0.0.1"))
        }
    }
}

/// What becomes of a reader's wish not to be tracked.
struct PreferenceTests {
    struct Example: Sendable {
        let gpc: PixelServer.Preference
        let dnt: PixelServer.Preference
        /// What is kept of each request: its wishes, or `nil` where it is kept as `minimal`.
        let kept: [[String]?]
    }

    private static let wishes = [["Sec-GPC: 1"], ["DNT: 1"], ["Sec-GPC: 1", "DNT: 1"], ["Sec-GPC: 0", "DNT: 0"]]

    private static let examples = [
        Example(gpc: .record, dnt: .record, kept: [["gpc"], ["dnt"], ["dnt", "gpc"], []]),
        Example(gpc: .minimal, dnt: .record, kept: [nil, ["dnt"], nil, []]),
        Example(gpc: .record, dnt: .minimal, kept: [["gpc"], nil, nil, []]),
        Example(gpc: .discard, dnt: .record, kept: [["dnt"], []]),
        Example(gpc: .minimal, dnt: .discard, kept: [nil, []]),
        Example(gpc: .discard, dnt: .discard, kept: [[]]),
    ]

    @Test(arguments: examples)
    func isKeptAsConfigured(_ example: Example) async throws {
        try await TestServer.run(
            configure: {
                $0.globalPrivacyControl = example.gpc
                $0.doNotTrack = example.dnt
            }, classify: TestServer.signals
        ) { server in
            let pixel = try "/i/\(server.state.token()).gif"
            let answers = try Self.wishes.map { try server.get(pixel, $0 + ["User-Agent: reader"]) }
            // Nobody can tell from the answer what was kept.
            #expect(Set(answers.map(\.bytes)).count == 1)
            let hits = try server.pull().hits
            let kept = hits.map { hit -> [String]? in
                hit.method == nil ? nil : hit.signals.map(\.rawValue).filter { ["gpc", "dnt"].contains($0) }.sorted()
            }
            #expect(kept == example.kept)
            #expect(hits.allSatisfy { ($0.method == nil) == ($0.net == nil) && ($0.method == nil) == ($0.ua == nil) })
            let declined = Self.wishes.count - example.kept.count
            #expect(try server.get("/metrics").text.contains("\nsentmark_hits_declined_total \(declined)\n"))
        }
    }
}
