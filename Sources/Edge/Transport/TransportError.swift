/// Why a connection or a request failed, in words for the person who runs the agent, and what to do about it.
///
/// Holds no secret: server text is cleaned of control characters and of the credentials that were sent.
package struct TransportError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The host name (or the proxy's) has no address.
        case resolve
        case refused
        case timeout
        /// Certificate, protocol version or handshake; the text is the TLS library's.
        case tls(String)
        /// STARTTLS was required and not offered; nothing secret was sent.
        case starttlsUnavailable
        /// The server looked at the credentials and said no, in these words.
        case credentialsRejected(String)
        /// The server offers no way to log in that the configuration allows; no credentials were sent.
        case noUsableMechanism
        /// The server said in these words that it cannot serve now.
        case serverUnavailable(String)
        case proxy
        /// The other side, or ``ByteStream/close()``, has ended the connection.
        case closed
        case cancelled
        case other
    }

    package enum Remedy: Sendable, Equatable {
        case retryNow
        /// `nil`: after the caller's own back-off.
        case retryLater(after: Duration?)
        /// Trying again is useless until somebody has done this.
        case needsUser(String)
        /// Trying again is useless.
        case never
    }

    package let kind: Kind
    /// What is broken and why, without a full stop: `the certificate of imap.example.org:993 has expired`.
    package let detail: String
    package let remedy: Remedy

    package init(_ kind: Kind, _ detail: String, _ remedy: Remedy) {
        self.kind = kind
        self.detail = detail
        self.remedy = remedy
    }

    package var description: String {
        switch remedy {
        case .needsUser(let action): "\(detail); \(action)"
        case .retryNow, .retryLater, .never: detail
        }
    }

    static let cancelled = TransportError(.cancelled, "cancelled", .never)
    static func closed(by peer: String) -> TransportError {
        TransportError(.closed, "the connection to \(peer) has ended", .retryNow)
    }
}
