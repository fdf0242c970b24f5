/// What the server has done since it started, in Prometheus' text format. Belongs to one event loop.
struct Metrics {
    var stored = 0
    var capped = 0
    var forged = 0
    /// Hits answered 503 because the log could not be written.
    var failed = 0
    /// Requests refused for their form or size.
    var refused = 0
    /// Requests answered 429 because their network had asked too often.
    var limited = 0
    var pulls = 0
    var unauthorized = 0
    var connections = 0
    var connectionsRefused = 0
    private var commits = Histogram()

    mutating func committed(in seconds: Double) { commits.observe(seconds) }

    func text(polls: Int, logBytes: Int) -> String {
        let counters = [
            ("hits_stored", "Hits put into the log.", stored),
            ("hits_capped", "Hits beyond the daily allowance of their token, counted only.", capped),
            ("hits_forged", "Requests with a token that is not genuine.", forged),
            ("hits_failed", "Requests answered 503 because the log could not be written.", failed),
            ("requests_refused", "Requests refused for their form or size.", refused),
            ("requests_limited", "Requests answered 429 because their network had asked too often.", limited),
            ("pulls", "Pull requests with a good key.", pulls),
            ("pulls_unauthorized", "Pull requests answered 401.", unauthorized),
            ("connections_refused", "Connections closed because too many were open.", connectionsRefused),
        ]
        let gauges = [
            ("connections_open", "Open connections.", connections),
            ("polls_waiting", "Pulls in progress, long polls included.", polls),
            ("log_bytes", "Size of the hit log on disk.", logBytes),
        ]
        return counters.map { Self.lines("\($0.0)_total", "counter", $0.1, $0.2) }.joined()
            + gauges.map { Self.lines($0.0, "gauge", $0.1, $0.2) }.joined() + commits.text("commit_seconds")
    }

    private static func lines(_ name: String, _ kind: String, _ help: String, _ value: Int) -> String {
        "# HELP sentmark_\(name) \(help)\n# TYPE sentmark_\(name) \(kind)\nsentmark_\(name) \(value)\n"
    }
}

private struct Histogram {
    private static let bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
    private var counts = [Int](repeating: 0, count: bounds.count + 1)
    private var sum = 0.0

    mutating func observe(_ value: Double) {
        counts[Self.bounds.firstIndex { value <= $0 } ?? Self.bounds.count] += 1
        sum += value
    }

    func text(_ name: String) -> String {
        var out = "# HELP sentmark_\(name) Time to put one batch of hits on disk.\n# TYPE sentmark_\(name) histogram\n"
        var total = 0
        for (count, bound) in zip(counts, Self.bounds.map { "\($0)" } + ["+Inf"]) {
            total += count
            out += "sentmark_\(name)_bucket{le=\"\(bound)\"} \(total)\n"
        }
        return out + "sentmark_\(name)_sum \(sum)\nsentmark_\(name)_count \(total)\n"
    }
}
