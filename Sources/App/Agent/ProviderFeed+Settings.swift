import Foundation
import HitSources
import Host
import Opens
import Secrets
import Settings
import Transport

extension ProviderFeed {
    /// For a single look.
    package convenience init(_ source: Settings.ProviderSource, _ poller: Poller) {
        self.init(
            source, poller, credentials: Credentials(), isMinimal: true,
            lookup: { NetworkTable.builtIn.origin(of: $0) }, now: { Date() })
    }

    /// - Parameter credentials: what commands have printed, for all.
    convenience init(
        _ source: Settings.ProviderSource, _ poller: Poller, credentials: Credentials, isMinimal: Bool,
        lookup: @escaping NetworkLookup, now: @escaping @Sendable () -> Date
    ) {
        self.init(
            source.api, http: HTTPClient(.init(caFile: source.caFile, proxy: source.proxy?.text ?? ""), on: poller),
            isMinimal: isMinimal, lookup: lookup, now: now
        ) { () async throws(PullError) -> Secret in
            do {
                return try await source.key.read(credentials).firstLine
            } catch let error as HostError {
                throw .noKey("\(error.subject): \(error.detail)", action: error.action)
            } catch {
                throw .noKey("\(source.name): its key cannot be had: \(error)", action: "check its password_… setting")
            }
        }
    }
}

extension Settings.ProviderSource {
    fileprivate var api: any ProviderAPI {
        switch kind {
        case .postmark: Postmark(url: url.text)
        case .mailgun(let domain): MailgunLogs(url: url.text, domain: domain)
        case .mailgunEvents(let domain): MailgunEvents(url: url.text, domain: domain)
        case .sparkpost: SparkPost(url: url.text)
        case .json(let list):
            JSONSource(
                name: name, url: url.text, header: list.header, paths: JSONSource.Paths(list),
                timeFormat: EventShape.TimeFormat(list.timeFormat), order: EventOrder(list.order), since: list.since,
                paging: JSONSource.Paging(list.paging))
        }
    }
}

extension JSONSource.Paths {
    fileprivate init(_ list: Settings.JSONList) {
        self.init(list: JSONPath(list.list.steps), id: JSONPath(list.id.steps), time: JSONPath(list.time.steps))
        messageID = list.messageID.map { JSONPath($0.steps) }
        token = list.token.map { JSONPath($0.steps) }
        recipient = list.recipient.map { JSONPath($0.steps) }
        userAgent = list.userAgent.map { JSONPath($0.steps) }
        address = list.address.map { JSONPath($0.steps) }
        machine = list.machine.map { JSONPath($0.steps) }
    }
}

extension EventShape.TimeFormat {
    fileprivate init(_ format: Settings.JSONList.TimeFormat) {
        self =
            switch format {
            case .rfc3339: .rfc3339
            case .unix: .unix
            case .unixMilliseconds: .unixMilliseconds
            }
    }
}

extension EventOrder {
    fileprivate init(_ order: Settings.JSONList.Order) {
        self =
            switch order {
            case .newestFirst: .newestFirst
            case .oldestFirst: .oldestFirst
            }
    }
}

extension JSONSource.Paging {
    fileprivate init(_ paging: Settings.JSONList.Paging) {
        self =
            switch paging {
            case .none: .none
            case .link(let path): .link(JSONPath(path.steps))
            case .cursor(let path, let parameter): .cursor(JSONPath(path.steps), parameter: parameter)
            }
    }
}
