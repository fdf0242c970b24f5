import Opens

/// Every key there is, section by section. ``Section`` refuses all others.

enum TopKey: String, SectionKey {
    case account, source, server, submission, tracking, keywords, labels, colors = "colours", privacy, ranges
}

enum AccountKey: String, SectionKey {
    case each, name, imap, cleartext, user, authorization
    case passwordCommand = "password_command"
    case passwordFile = "password_file"
    case passwordCredential = "password_credential"
    case password
    case tokenCommand = "token_command"
    case sent, archives, replies, since, show
    case copyOpenedTo = "copy_opened_to"
    case caFile = "ca_file"
    case proxy, compress
    case pollInterval = "poll_interval"
    case addresses, smtp
    case smtpCleartext = "smtp_cleartext"
    case outbox
    case sentCopy = "sent_copy"

    static let later: Set<String> = ["oauth2"]
    /// Exactly one of these.
    static let login: [AccountKey] = [.passwordCommand, .passwordFile, .passwordCredential, .password, .tokenCommand]
}

enum SourceKey: String, SectionKey {
    case kind, name, url
    case credentialFile = "credential_file"
    case caFile = "ca_file"
    case proxy
    case pixelURL = "pixel_url"
    case path, format
    case passwordCommand = "password_command"
    case passwordFile = "password_file"
    case passwordCredential = "password_credential"
    case domain, header, list, id, time
    case timeFormat = "time_format"
    case messageID = "message_id"
    case token, recipient
    case userAgent = "user_agent"
    case address, machine, order, since, next, cursor
    case cursorParameter = "cursor_parameter"

    static let password: [SourceKey] = [.passwordCommand, .passwordFile, .passwordCredential]
    /// Of the kind `json` alone.
    static let json: [SourceKey] = [
        .header, .list, .id, .time, .timeFormat, .messageID, .token, .recipient, .userAgent, .address, .machine, .order,
        .since, .next, .cursor, .cursorParameter,
    ]
}

enum ServerKey: String, SectionKey {
    case listen
    case publicURL = "public_url"
    case store
    case storePasswordCommand = "store_password_command"
    case storePasswordFile = "store_password_file"
    case storePasswordCredential = "store_password_credential"
    case trustedProxies = "trusted_proxies"
    case clientAddress = "client_address"
    case certificateFile = "certificate_file"
    case keyFile = "key_file"
    case retention, metrics
    case metricsListen = "metrics_listen"
    case gpc, dnt
    case secretFile = "secret_file"

    static let storePassword: [ServerKey] = [.storePasswordCommand, .storePasswordFile, .storePasswordCredential]
}

enum SubmissionKey: String, SectionKey {
    case listen
    case listenTLS = "listen_tls"
    case certificateFile = "certificate_file"
    case keyFile = "key_file"
    case passwordCommand = "password_command"
    case passwordFile = "password_file"
    case passwordCredential = "password_credential"
    case upstream, source, track, recipients, exclude
    case ownDomains = "own_domains"
    case tokens
    case subjectPrefix = "subject_prefix"
    case plusTag = "plus_tag"
    case short
    case stripQuoted = "strip_quoted"
    case htmlFromText = "html_from_text"
    case disclosure, sendmail
}

enum TrackingKey: String, SectionKey {
    case patterns
}

/// The keys of [keywords], [labels] and [colours].
enum MarkKey: String, SectionKey {
    case tracked, opened
    case openedAgain = "opened-again"
    case reached, clicked, replied
    case followUp = "follow-up"
    case unreliable
}

enum PrivacyKey: String, SectionKey {
    case level, retention
}

/// The keys of [ranges]: these, and the names of the lists.
struct RangesKey: SectionKey {
    static let auto = RangesKey(name: "auto")
    static let asnDatabase = RangesKey(name: "asn_database")
    static let caFile = RangesKey(name: "ca_file")
    static let proxy = RangesKey(name: "proxy")

    static func list(_ list: PublishedList) -> RangesKey { RangesKey(name: list.rawValue) }

    static let allCases = [auto, asnDatabase, caFile, proxy] + PublishedList.allCases.map(list)

    let rawValue: String

    init?(rawValue: String) {
        guard Self.allCases.contains(where: { $0.rawValue == rawValue }) else { return nil }
        self.init(name: rawValue)
    }

    private init(name: String) { rawValue = name }
}

extension Settings {
    /// Every key as `section.key`, for the test that the example configuration documents them all.
    package static var keys: Set<String> {
        func names<Key: SectionKey>(_ section: TopKey, _: Key.Type) -> [String] {
            Key.allCases.map { "\(section.rawValue).\($0.rawValue)" }
        }
        return Set(
            TopKey.allCases.flatMap { section in
                switch section {
                case .account: names(section, AccountKey.self)
                case .source: names(section, SourceKey.self)
                case .server: names(section, ServerKey.self)
                case .submission: names(section, SubmissionKey.self)
                case .tracking: names(section, TrackingKey.self)
                case .keywords, .labels, .colors: names(section, MarkKey.self)
                case .privacy: names(section, PrivacyKey.self)
                case .ranges: names(section, RangesKey.self)
                }
            })
    }
}
