/// The kinds of [[source]], and which keys mean something for each.
enum SourceKind: String, CaseIterable {
    case sentmark
    case accessLog = "access-log"
    case mailgun
    case mailgunEvents = "mailgun-events"
    case postmark, sparkpost, json

    static let names = allCases.dropLast().map { "\"\($0.rawValue)\"" }.joined(separator: ", ") + " or \"json\""

    /// Whether its mail carries the provider's pixel, and no token of ours.
    var isProvider: Bool {
        switch self {
        case .sentmark, .accessLog: false
        case .mailgun, .mailgunEvents, .postmark, .sparkpost, .json: true
        }
    }

    var keys: Set<SourceKey> {
        let ofAProvider = [SourceKey.kind, .name, .url, .caFile, .proxy] + SourceKey.password
        return switch self {
        case .sentmark: [.kind, .name, .url, .credentialFile, .caFile, .proxy, .pixelURL]
        case .accessLog: [.kind, .name, .credentialFile, .pixelURL, .path, .format]
        case .mailgun, .mailgunEvents: Set(ofAProvider + [.domain])
        case .postmark, .sparkpost: Set(ofAProvider)
        case .json: Set(ofAProvider + SourceKey.json)
        }
    }

    /// Where the API is unless the configuration says otherwise.
    var defaultURL: String? {
        switch self {
        case .sentmark, .accessLog, .json: nil
        case .mailgun, .mailgunEvents: "https://api.mailgun.net"
        case .postmark: "https://api.postmarkapp.com"
        case .sparkpost: "https://api.sparkpost.com"
        }
    }
}
