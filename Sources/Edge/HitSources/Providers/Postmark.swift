import FoundationEssentials
import MIME
import Opens
import Secrets
import Transport

/// Postmark's "Search message opens" (postmarkapp.com/developer), newest first. Of each mail and recipient it keeps the
/// first open alone.
///
/// An open calls the mail by Postmark's own name for it, a UUID. Postmark gives a mail the Message-ID `UUID@mtasv.net`,
/// unless its header says `X-PM-KeepID: true`; so what the mail is called is asked for, once for each.
package struct Postmark: ProviderAPI {
    package let name = "Postmark"
    package let order = EventOrder.newestFirst
    /// As long as opens are kept unless a longer time has been bought.
    package let history = 45 * 86_400.0
    /// 500 at most; but each mail is asked for by itself.
    package let pageSize = 100
    /// Of an open there is no identifier; it is the first of this mail and recipient.
    package let shape = EventShape(
        list: ["Opens"], id: [["MessageID"], ["Recipient"]], time: ["ReceivedAt"], timeFormat: .rfc3339,
        messageID: [["MessageID"]], recipient: ["Recipient"], userAgent: ["UserAgent"], address: ["Geo", "IP"])
    /// Of count and offset together.
    private static let reach = 10_000
    /// Of what is told of a mail: its text, without what was attached.
    private static let mailLimit = 8 << 20
    private let url: String

    /// - Parameter url: without a slash at its end; `https://api.postmarkapp.com`.
    package init(url: String) { self.url = url }

    /// `page` is the offset.
    package func request(from: Date, until: Date, page: String?) -> HTTPRequest {
        let offset = offset(page)
        return HTTPRequest(
            "\(url)/messages/outbound/opens?count=\(min(pageSize, Self.reach - offset))&offset=\(offset)",
            headers: [HTTPHeader("Accept", "application/json")])
    }

    package func next(after answer: ProviderAnswer, count: Int, page: String?) throws(PullError) -> String? {
        let next = offset(page) + count
        return count < pageSize || next >= Self.reach ? nil : String(next)
    }

    package func credential(_ key: Secret) -> HTTPSecretHeader { HTTPSecretHeader("X-Postmark-Server-Token", key) }

    package func mailName(_ id: String) -> MailName {
        guard Self.isName(id) else { return .none }
        return .asked(
            HTTPRequest(
                "\(url)/messages/outbound/\(id)/details", headers: [HTTPHeader("Accept", "application/json")],
                bodyLimit: Self.mailLimit))
    }

    /// Of a mail that is no longer kept nothing is told.
    package func messageID(of id: String, in response: HTTPResponse) -> String? {
        let source = JSONValue(parsing: response.body).flatMap { JSONPath(["Body"]).value(in: $0)?.text }
        return source.flatMap { HeaderFields(parsing: Array($0.utf8)).messageID } ?? "\(id)@mtasv.net"
    }

    private func offset(_ page: String?) -> Int { min(max(0, page.flatMap { Int($0) } ?? 0), Self.reach - 1) }

    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.allSatisfy { $0.isASCII && $0.isHexDigit || $0 == "-" }
    }
}
