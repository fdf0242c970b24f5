import FoundationEssentials
import Secrets
import Transport

/// Asks a pixel server for the hits of one stream.
package struct PullClient: HitFeed {
    /// Without a slash at its end.
    private let url: String
    private let bearer: Secret
    private let http: HTTPClient

    /// - Parameters:
    ///   - url: the server's, such as `https://px.example.org`; what is wrong with it shows at the first request.
    ///   - bearer: opens the hits of one stream.
    package init(url: String, bearer: Secret, http: HTTPClient) {
        var url = url
        while url.last == "/" { url.removeLast() }
        self.url = url
        self.bearer = bearer
        self.http = http
    }

    /// `log`: another one now is ``PullError/otherLog``.
    package func pull(
        after cursor: String?, log: String?, limit: Int = 1000, wait: Int = 0
    ) async throws(PullError) -> Page {
        let limit = min(max(limit, PullAnswer.limits.lowerBound), PullAnswer.limits.upperBound)
        let wait = min(max(wait, PullAnswer.waits.lowerBound), PullAnswer.waits.upperBound)
        let response = try await get(after: cursor, limit: limit, wait: wait)
        return try PullAnswer.read(response, after: cursor, log: log, limit: limit)
    }

    /// Whether the server can be reached, knows the credential, and has the same time as this machine.
    package func health() async throws(PullError) -> PullHealth {
        let start = Date.now
        let response = try await get(after: nil, limit: 1, wait: 0)
        let end = Date.now
        let page = try PullAnswer.read(response, after: nil, log: nil, limit: 1)
        let difference = response.date.map { date in
            let seconds = Double(date)
            // A date is cut to its second: it stands for any moment of it.
            if seconds > end.timeIntervalSince1970 { return seconds - end.timeIntervalSince1970 }
            return min(0, seconds + 1 - start.timeIntervalSince1970)
        }
        return PullHealth(log: page.log, clockDifference: difference.map { .seconds($0) })
    }

    private func get(after cursor: String?, limit: Int, wait: Int) async throws(PullError) -> HTTPResponse {
        var target = "\(url)/v1/hits?limit=\(limit)&wait=\(wait)"
        if let cursor { target += "&after=\(percentEncoded(cursor))" }
        let request = HTTPRequest(
            target, headers: [HTTPHeader("Accept", "application/json")], bearer: bearer,
            timeout: .seconds(wait + 60), idleTimeout: .seconds(wait + 20))
        do {
            return try await http.send(request)
        } catch {
            throw .transport(error)
        }
    }
}

/// What a look at a pixel server has shown.
package struct PullHealth: Sendable, Equatable {
    /// The log's identity.
    package let log: String
    /// How far the server's clock is ahead of this machine's, negative if behind; zero within the second that its Date
    /// header leaves open. `nil` when it does not say.
    package let clockDifference: Duration?
}
