import FoundationEssentials
import Opens
import Secrets
import Transport

/// Any API that answers GET with a list of opens in JSON: its user says where what is.
package struct JSONSource: ProviderAPI {
    /// How to get to further pages.
    package enum Paging: Sendable, Equatable {
        /// There is one page.
        case none
        /// A link to the next one, on the same server.
        case link(JSONPath)
        /// What to put into this parameter of the URL for the next one.
        case cursor(JSONPath, parameter: String)
    }

    package struct Paths: Sendable {
        /// Of the list; empty: the answer is the list. All others are of an event.
        package var list: JSONPath
        package var id: JSONPath
        package var time: JSONPath
        package var messageID: JSONPath?
        package var token: JSONPath?
        package var recipient: JSONPath?
        package var userAgent: JSONPath?
        package var address: JSONPath?
        /// Says yes where a machine asked.
        package var machine: JSONPath?

        package init(list: JSONPath, id: JSONPath, time: JSONPath) {
            self.list = list
            self.id = id
            self.time = time
        }
    }

    package let name: String
    package let order: EventOrder
    package let history = 30 * 86_400.0
    package let pageSize = 10_000
    package let shape: EventShape
    private let url: String
    private let header: String
    private let since: String?
    private let timeFormat: EventShape.TimeFormat
    private let paging: Paging
    private let links: PageLinks

    /// - Parameters:
    ///   - name: the source's.
    ///   - url: of the first page.
    ///   - header: the field that takes the key, as it is.
    ///   - since: the parameter of the URL that takes the time from which on events are wanted, in `timeFormat`.
    package init(
        name: String, url: String, header: String, paths: Paths, timeFormat: EventShape.TimeFormat, order: EventOrder,
        since: String?, paging: Paging
    ) {
        self.name = name
        self.url = url
        self.header = header
        self.order = order
        self.since = since
        self.timeFormat = timeFormat
        self.paging = paging
        links = PageLinks(of: url)
        let machine = paths.machine
        shape = EventShape(
            list: paths.list, id: [paths.id], time: paths.time, timeFormat: timeFormat,
            messageID: [paths.messageID].compactMap(\.self), token: paths.token, recipient: paths.recipient,
            userAgent: paths.userAgent, address: paths.address,
            signals: { machine?.value(in: $0)?.isAffirmed == true ? [.reportedMachine] : [] })
    }

    package func request(from: Date, until: Date, page: String?) -> HTTPRequest {
        var parameters: [String] = []
        if let since { parameters.append("\(percentEncoded(since))=\(percentEncoded(text(from)))") }
        var url = url
        switch (paging, page) {
        case (.link, let page?): return request(page)
        case (.cursor(_, let parameter), let page?):
            parameters.append("\(percentEncoded(parameter))=\(percentEncoded(page))")
        case (.none, _), (.link, nil), (.cursor, nil): break
        }
        for parameter in parameters { url += (url.contains("?") ? "&" : "?") + parameter }
        return request(url)
    }

    package func next(after answer: ProviderAnswer, count: Int, page: String?) throws(PullError) -> String? {
        let next: String
        switch paging {
        case .none: return nil
        case .link(let path):
            guard count > 0, let link = path.value(in: answer.value)?.text else { return nil }
            next = try links.resolve(link)
        case .cursor(let path, _):
            guard count > 0, let cursor = path.value(in: answer.value)?.text else { return nil }
            next = cursor
        }
        guard ProviderPlace.canHold(next) else { throw .unexpected("what leads to its next page is too long") }
        return next
    }

    package func credential(_ key: Secret) -> HTTPSecretHeader { HTTPSecretHeader(header, key) }

    private func request(_ url: String) -> HTTPRequest {
        HTTPRequest(url, headers: [HTTPHeader("Accept", "application/json")])
    }

    private func text(_ date: Date) -> String {
        switch timeFormat {
        case .rfc3339: Timestamp.format(date)
        case .unix: String(Int64(date.timeIntervalSince1970))
        case .unixMilliseconds: String(date.milliseconds)
        }
    }
}
