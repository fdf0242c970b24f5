import FoundationEssentials
import MIME
import Opens
import Secrets
import Transport

/// What both APIs of Mailgun say of an open: `GET /v3/DOMAIN/events`, which is deprecated, and `POST /v1/analytics/logs`,
/// which takes its place (documentation.mailgun.com).
enum MailgunShape {
    static let messageID: JSONPath = ["message", "headers", "message-id"]

    /// `apple`, `gmail`, `generic`, or empty for none ("Open and Click Bot Detection").
    static let signals: @Sendable (JSONValue) -> Set<Signal> = { event in
        switch JSONPath(["client-info", "bot"]).value(in: event)?.text?.lowercased() {
        case nil: []
        case "apple", "gmail": [.reportedPrefetch]
        default: [.reportedMachine]
        }
    }

    static func shape(time: JSONPath, _ format: EventShape.TimeFormat) -> EventShape {
        // The identifier is unique within a day; a hit's time is part of its number.
        EventShape(
            list: ["items"], id: [["id"]], time: time, timeFormat: format, messageID: [messageID],
            recipient: ["recipient"], userAgent: ["client-info", "user-agent"], address: ["ip"], signals: signals)
    }
}

/// Mailgun's logs, in order of time. They are kept for a day to 30 days, depending on the plan.
package struct MailgunLogs: ProviderAPI {
    package let name = "Mailgun"
    package let order = EventOrder.oldestFirst
    package let history = 30 * 86_400.0
    /// "100 max".
    package let pageSize = 100
    package let shape = MailgunShape.shape(time: ["@timestamp"], .rfc3339)
    private let url: String
    private let domain: String

    /// - Parameters:
    ///   - url: without a slash at its end; `https://api.mailgun.net`, or `https://api.eu.mailgun.net` for domains there.
    ///   - domain: that mail is sent from.
    package init(url: String, domain: String) {
        self.url = url
        self.domain = domain
    }

    package func request(from: Date, until: Date, page: String?) -> HTTPRequest {
        let query = Query(
            start: DateTime.text(from), end: DateTime.text(until),
            filter: .init(conditions: [.init(values: [.init(label: domain, value: domain)])]),
            pagination: .init(token: page, limit: pageSize))
        var request = HTTPRequest(
            url + "/v1/analytics/logs",
            headers: [HTTPHeader("Accept", "application/json"), HTTPHeader("Content-Type", "application/json")])
        request.body = (try? JSONEncoder().encode(query)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return request
    }

    package func next(after answer: ProviderAnswer, count: Int, page: String?) throws(PullError) -> String? {
        guard count > 0, let next = JSONPath(["pagination", "next"]).value(in: answer.value)?.text else { return nil }
        guard ProviderPlace.canHold(next) else { throw .unexpected("pagination.next: too long") }
        return next
    }

    package func credential(_ key: Secret) -> HTTPSecretHeader { .basic(user: "api", password: key) }

    private struct Query: Encodable {
        struct Filter: Encodable {
            enum CodingKeys: String, CodingKey { case conditions = "AND" }

            let conditions: [Condition]
        }
        struct Condition: Encodable {
            var attribute = "domain"
            var comparator = "="
            let values: [Value]
        }
        struct Value: Encodable {
            let label: String
            let value: String
        }
        struct Pagination: Encodable {
            var sort = "timestamp:asc"
            let token: String?
            let limit: Int
        }

        let start: String
        let end: String
        var events = ["opened"]
        let filter: Filter
        let pagination: Pagination
    }
}

/// Mailgun's events, in order of time, as far as they are still served.
package struct MailgunEvents: ProviderAPI {
    package let name = "Mailgun"
    package let order = EventOrder.oldestFirst
    package let history = 30 * 86_400.0
    package let pageSize = 300
    package let shape = MailgunShape.shape(time: ["timestamp"], .unix)
    private let url: String
    private let domain: String
    private let links: PageLinks

    /// As of ``MailgunLogs``.
    package init(url: String, domain: String) {
        self.url = url
        self.domain = domain
        links = PageLinks(of: url)
    }

    package func request(from: Date, until: Date, page: String?) -> HTTPRequest {
        let begin = Int64(from.timeIntervalSince1970)
        let first =
            "\(url)/v3/\(percentEncoded(domain))/events?event=opened&begin=\(begin)&ascending=yes&limit=\(pageSize)"
        return HTTPRequest(page ?? first, headers: [HTTPHeader("Accept", "application/json")])
    }

    /// There is always a link; a page without events is the end.
    package func next(after answer: ProviderAnswer, count: Int, page: String?) throws(PullError) -> String? {
        guard count > 0, let next = JSONPath(["paging", "next"]).value(in: answer.value)?.text else { return nil }
        return try links.resolve(next)
    }

    package func credential(_ key: Secret) -> HTTPSecretHeader { .basic(user: "api", password: key) }
}
