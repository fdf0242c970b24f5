import Secrets

/// The configuration, checked: what is here can be used as it is. Design: contracts, "Configuration".
///
/// Every path is absolute, every default filled in. Made by ``load(_:filesMustExist:environment:)`` or
/// ``parse(text:file:isPrivate:home:)``.
package struct Settings: Sendable, Equatable {
    /// In the order of the file; names are unique.
    package let accounts: [Account]
    /// In the order of the file; names are unique, among those of `providers` too.
    package let sources: [Source]
    /// Sources that put in pixels of their own, in the order of the file.
    package let providers: [ProviderSource]
    /// The pixel server of this machine, if it has one.
    package let server: Server?
    /// How mail is sent with tokens, if it is.
    package let submission: Submission?
    package let tracking: Tracking
    package let keywords: ByMark
    /// Gmail's labels.
    package let labels: ByMark
    /// Names of a flag's colours (RFC 9979).
    package let colors: ByMark
    package let privacy: Privacy
    package let ranges: Ranges
    /// What is allowed and not wise.
    package let warnings: [SettingsProblem]
    /// Files that the configuration names and that must be there before an agent starts.
    let neededFiles: [Located<String>]
    let file: String
}

extension Settings {
    package struct Account: Sendable, Equatable {
        package let name: String
        /// `imaps://`, or `imap://`, which means STARTTLS unless ``cleartext``.
        package let imap: ServiceURL
        /// No TLS at all; only ever true with a loopback host.
        package let cleartext: Bool
        package let user: String
        /// Whose mailbox it is, where that is not the one who logs in (SASL authorization identity, RFC 4616).
        package let authorization: String?
        package let login: Login
        package let sent: SentFolders
        /// Where messages are looked for that are no longer in Sent.
        package let archives: Archives
        /// Where answers to tracked mail are looked for; ``Archives/automatic`` is INBOX.
        package let replies: Archives
        /// How the results are shown on the messages themselves.
        package let show: Show
        /// The folder that opened messages are copied to, as the user reads its name.
        package let copyOpenedTo: String?
        /// How far back the first scan looks; `nil` for everything.
        package let since: Duration?
        /// Trust this CA alone.
        package let caFile: String?
        package let proxy: ServiceURL?
        /// Whether much is transferred compressed where the server offers it; `nil`: unless it is on this machine.
        package let compress: Bool?
        /// How often to look where the server cannot say that there is news; `nil` leaves it to the agent.
        package let pollInterval: Duration?
        /// The addresses that the user sends from; at least one if ``smtp`` is there.
        package let addresses: [String]
        /// Where its mail is submitted, with the same login.
        package let smtp: Provider?
        /// The folder whose drafts are sent, as the user reads its name; only with ``smtp``.
        package let outbox: String?
        package let sentCopy: SentCopy
    }

    /// What becomes of a copy in Sent that a provider has filed as it was sent, with its pixel.
    package enum SentCopy: String, Sendable, CaseIterable {
        case leave
        /// It is replaced by one without.
        case clean
    }

    package enum Login: Sendable, Equatable {
        case password(SecretOrigin)
        /// The command prints an OAuth 2.0 access token.
        case bearer(command: [String])
    }

    package enum SecretOrigin: Sendable, Equatable {
        /// Program and arguments, no shell; the program is a path with a slash or is looked up in `PATH`.
        case command([String])
        case file(String)
        /// The name of a systemd credential.
        case credential(String)
        case literal(Secret)
    }

    package enum SentFolders: Sendable, Equatable {
        /// The folder that the server marks as `\Sent` (RFC 6154).
        case automatic
        /// As the user reads them, not in the encoding of IMAP.
        case named([String])
    }

    package enum Archives: Sendable, Equatable {
        /// The folders that the server marks as `\Archive` or `\All` (RFC 6154), or one with a usual name.
        case automatic
        /// As the user reads them.
        case named([String])
        case nowhere
    }

    package struct Source: Sendable, Equatable {
        package let name: String
        package let kind: Kind
        /// Where to pull from; what the pixels' URLs begin with where nothing is pulled.
        package let url: ServiceURL
        package let credentialFile: String
        package let caFile: String?
        package let proxy: ServiceURL?
        /// What the pixels' URLs begin with.
        package let pixelURL: ServiceURL

        package enum Kind: Sendable, Equatable {
            /// A pixel server of ours, by its pull API.
            case sentmark
            /// A web server's log file.
            case accessLog(path: String, LogFormat)
        }

        package enum LogFormat: String, Sendable, CaseIterable { case combined, json }
    }

    package struct Server: Sendable, Equatable {
        package let listen: ListenAddress
        package let publicURL: ServiceURL
        package let store: HitStore
        /// Who is believed to say where a request comes from.
        package let trustedProxies: [Network]
        package let clientAddress: ClientAddress
        /// Ends TLS in the server itself.
        package let certificate: Certificate?
        /// How long a hit is kept.
        package let retention: Duration
        /// Whether `/metrics` answers everybody.
        package let metrics: Bool
        /// Where `/metrics`, `/healthz` and `/readyz` are, on a listener of their own.
        package let metricsListen: ListenAddress?
        /// What becomes of a hit with `Sec-GPC: 1`, and with `DNT: 1`.
        package let globalPrivacyControl: Preference
        package let doNotTrack: Preference
        /// The server secret, from which all stream keys come. Made when it is not there.
        package let secretFile: String
    }

    /// How a trusted proxy says where a request comes from.
    package enum ClientAddress: String, Sendable, CaseIterable {
        case forwardedFor = "x-forwarded-for"
        case forwarded
        case proxyProtocol = "proxy-protocol"
    }

    /// How a reader's wish not to be tracked is answered.
    package enum Preference: String, Sendable, CaseIterable {
        /// The hit is kept as its token says, and the wish with it.
        case record
        /// The hit is kept as at the level `minimal`.
        case minimal
        /// The hit is not kept.
        case discard
    }

    package enum HitStore: Sendable, Equatable {
        /// SQLite, `hits.db` in the state directory.
        case stateDirectory
        /// SQLite, this file.
        case file(String)
        /// A PostgreSQL database, and its password if libpq is not to find it itself.
        case postgresql(DatabaseURL, SecretOrigin?)
    }

    package struct Tracking: Sendable, Equatable {
        /// URLs of other trackers, each with one `{token}`.
        package let patterns: [String]
    }

    package enum Show: Sendable, Equatable {
        /// Keywords, and labels instead where the server has these and refuses those.
        case automatic
        /// All of these.
        case these(Set<Display>)

        package func contains(_ display: Display) -> Bool {
            switch self {
            case .automatic: display != .colors
            case .these(let all): all.contains(display)
            }
        }
    }

    package enum Display: String, Sendable, CaseIterable {
        case keywords, labels
        case colors = "colours"
    }

    /// RFC 9979, in the order of its numbers.
    package static let colorNames = ["red", "orange", "yellow", "green", "blue", "purple", "grey"]

    /// The keyword, label or colour of each meaning; `nil` is switched off.
    package struct ByMark: Sendable, Equatable {
        package let tracked: String?
        package let opened: String?
        package let openedAgain: String?
        package let reached: String?
        package let clicked: String?
        package let replied: String?
        package let followUp: String?
        package let unreliable: String?
    }

    package struct Privacy: Sendable, Equatable {
        package let level: PrivacyLevel
        /// How long the agent keeps hits.
        package let retention: Duration
    }

    package enum PrivacyLevel: String, Sendable, CaseIterable {
        case minimal, pseudonymous, detailed
    }
}
