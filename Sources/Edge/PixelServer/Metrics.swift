/// What the server has done since it started, in Prometheus' text format 0.0.4. Belongs to one event loop.
///
/// Counts alone: no token, stream or address is a label.
struct Metrics {
    /// Why a pull with a good key was not answered.
    enum PullRefusal: String, CaseIterable {
        /// Too many a second of one key.
        case rate
        /// Too many at once of one stream.
        case stream
        /// Too many at once of all.
        case server
    }

    /// What others know.
    struct Others {
        var connections: Int
        var polls: Int
        var queued: Int
        /// Hits answered 503 because the log was behind.
        var overloaded: Int
        /// Hits answered 503 because the log could not be written.
        var failed: Int
        var logBytes: Int
        /// Requests answered 429 because their network had asked too often.
        var limited: Int
        /// Not kept, since the reader wants it so.
        var declined: Int
        /// Connections of strangers closed because too many were open.
        var refused: Int
    }

    var stored = 0
    var capped = 0
    var forged = 0
    /// Requests refused for their form or size.
    var refused: [Request.Refusal: Int] = [:]
    var pulls = 0
    var unauthorized = 0
    var pullsRefused: [PullRefusal: Int] = [:]
    /// Connections of those who watch over the server, closed because too many were open.
    var connectionsRefused = 0
    private var commits = Histogram(bounds: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5])
    private var batches = Histogram(bounds: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000])

    mutating func committed(_ count: Int, in seconds: Double) {
        commits.observe(seconds)
        batches.observe(Double(count))
    }

    func text(_ others: Others) -> String {
        let counters = [
            ("hits_stored", "Hits put into the log.", stored),
            ("hits_capped", "Hits beyond the daily allowance of their token, counted only.", capped),
            ("hits_forged", "Requests with a token that is not genuine.", forged),
            ("hits_declined", "Hits not kept because of Sec-GPC or DNT.", others.declined),
            ("hits_failed", "Requests answered 503 because the log could not be written.", others.failed),
            ("hits_overload", "Requests answered 503 because the log was behind.", others.overloaded),
            ("requests_limited", "Requests answered 429 because their network had asked too often.", others.limited),
            ("pulls", "Pull requests with a good key.", pulls),
            ("pulls_unauthorized", "Pull requests answered 401.", unauthorized),
            (
                "connections_refused", "Connections closed because too many were open.",
                connectionsRefused + others.refused
            ),
        ]
        let values = [
            ("connections_open", "Open connections.", others.connections),
            ("polls_waiting", "Pulls in progress, long polls included.", others.polls),
            ("commit_queue", "Requests that wait for the next commit.", others.queued),
            ("log_bytes", "Size of the hit log on disk.", others.logBytes),
        ]
        return counters.map { Self.lines("\($0.0)_total", "counter", $0.1, [("", $0.2)]) }.joined()
            + Self.lines(
                "requests_refused_total", "counter", "Requests refused for their form or size.",
                Request.Refusal.allCases.map { ("{reason=\"\($0.rawValue)\"}", refused[$0] ?? 0) })
            + Self.lines(
                "pulls_refused_total", "counter", "Pull requests with a good key answered 429 or 503.",
                PullRefusal.allCases.map { ("{limit=\"\($0.rawValue)\"}", pullsRefused[$0] ?? 0) })
            + values.map { Self.lines($0.0, "gauge", $0.1, [("", $0.2)]) }.joined()
            + commits.text("commit_seconds", "Time to put one batch of hits on disk.")
            + batches.text("commit_batch_size", "Requests for pixels in one batch.")
    }

    private static func lines(
        _ name: String, _ kind: String, _ help: String, _ values: [(labels: String, Int)]
    ) -> String {
        "# HELP sentmark_\(name) \(help)\n# TYPE sentmark_\(name) \(kind)\n"
            + values.map { "sentmark_\(name)\($0.labels) \($0.1)\n" }.joined()
    }
}

private struct Histogram {
    private let bounds: [Double]
    private var counts: [Int]
    private var sum = 0.0

    init(bounds: [Double]) {
        self.bounds = bounds
        counts = [Int](repeating: 0, count: bounds.count + 1)
    }

    mutating func observe(_ value: Double) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }

    func text(_ name: String, _ help: String) -> String {
        var out = "# HELP sentmark_\(name) \(help)\n# TYPE sentmark_\(name) histogram\n"
        var total = 0
        for (count, bound) in zip(counts, bounds.map { "\($0)" } + ["+Inf"]) {
            total += count
            out += "sentmark_\(name)_bucket{le=\"\(bound)\"} \(total)\n"
        }
        return out + "sentmark_\(name)_sum \(sum)\nsentmark_\(name)_count \(total)\n"
    }
}
