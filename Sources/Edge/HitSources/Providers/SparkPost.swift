import FoundationEssentials
import Opens
import Secrets
import Transport

/// The Events API of SparkPost, now Bird (developers.sparkpost.com/api/events, docs.bird.com), newest first. Events are
/// kept for ten days.
///
/// It does not tell a mail's Message-ID. What tells it is metadata that the sender puts in as `message_id`, over SMTP by
/// the header field `X-MSYS-API: {"metadata": {"message_id": "…"}}`.
package struct SparkPost: ProviderAPI {
    package let name = "SparkPost"
    package let order = EventOrder.newestFirst
    package let history = 10 * 86_400.0
    /// 10,000 at most, of some 1.5 KB each.
    package let pageSize = 1000
    package let shape = EventShape(
        list: ["results"], id: [["event_id"]], time: ["timestamp"], timeFormat: .rfc3339,
        messageID: [["rcpt_meta", "message_id"]], recipient: ["rcpt_to"], userAgent: ["user_agent"],
        address: ["ip_address"],
        signals: { event in
            JSONPath(["user_agent_parsed", "is_prefetched"]).value(in: event)?.isAffirmed == true
                ? [.reportedPrefetch] : []
        })
    private let url: String
    private let links: PageLinks

    /// - Parameter url: without a slash at its end; `https://api.sparkpost.com`, or that of another region.
    package init(url: String) {
        self.url = url
        links = PageLinks(of: url)
    }

    package func request(from: Date, until: Date, page: String?) -> HTTPRequest {
        let first =
            "\(url)/api/v1/events/message?events=open,initial_open&from=\(Timestamp.format(from).prefix(19))Z"
            + "&per_page=\(pageSize)&cursor=initial"
        return HTTPRequest(page ?? first, headers: [HTTPHeader("Accept", "application/json")])
    }

    package func next(after answer: ProviderAnswer, count: Int, page: String?) throws(PullError) -> String? {
        guard let next = JSONPath(["links", "next"]).value(in: answer.value)?.text else { return nil }
        return try links.resolve(next)
    }

    package func credential(_ key: Secret) -> HTTPSecretHeader { HTTPSecretHeader("Authorization", key) }
}
