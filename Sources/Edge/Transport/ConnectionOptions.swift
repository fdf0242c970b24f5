import Secrets

/// Who logs in, and with what.
package enum Login: Sendable, Equatable {
    /// `authorization`: whose mailbox it is, if not the user's (RFC 4616). Goes with SASL PLAIN alone.
    case password(user: String, Secret, authorization: String? = nil)
    case bearer(user: String, Secret, BearerMechanism = .automatic)
    /// Stops before authentication; the session then logs in itself, or not at all.
    case none
}

package enum BearerMechanism: Sendable, Equatable {
    /// OAUTHBEARER where offered, else XOAUTH2.
    case automatic
    case xoauth2
    case oauthbearer
}

/// All that opening a connection needs.
package struct ConnectionOptions: Sendable {
    package var endpoint: Endpoint
    package var login: Login
    /// SASL mechanisms to choose from, such as `["PLAIN"]`; empty: what the server offers, strongest first, with the
    /// LOGIN command as the last resort. Ignored for bearer tokens.
    package var mechanisms: [String]
    /// Trust the certificates in this PEM file and no others; `nil`: those of the system.
    package var caFile: String?
    /// `scheme://[user:password@]host:port` with http, https, socks5 or socks5h. Empty: never one; the environment is
    /// not asked.
    package var proxy: String
    /// From the look-up of the name to the server's answer to the login.
    package var connectTimeout: Duration
    /// For each single answer until then.
    package var replyTimeout: Duration
    /// Silence after which the kernel asks the other side whether it is still there.
    package var keepalive: Duration

    package init(
        _ endpoint: Endpoint, login: Login, mechanisms: [String] = [], caFile: String? = nil, proxy: String = "",
        connectTimeout: Duration = .seconds(25), replyTimeout: Duration = .seconds(20),
        keepalive: Duration = .seconds(60)
    ) {
        self.endpoint = endpoint
        self.login = login
        self.mechanisms = mechanisms
        self.caFile = caFile
        self.proxy = proxy
        self.connectTimeout = connectTimeout
        self.replyTimeout = replyTimeout
        self.keepalive = keepalive
    }
}
