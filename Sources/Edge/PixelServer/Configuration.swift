import Foundation
import Opens

extension PixelServer {
    /// Everything the server is told from outside. Values are as checked by the settings; limits have sound defaults.
    package struct Configuration: Sendable {
        /// Host name or address to listen on.
        package var host: String
        /// 0 lets the system choose; the port is then told by `listening`.
        package var port: Int
        /// Where recipients reach this server, without a slash at its end. The server itself never uses it to answer.
        package var publicURL: String
        /// Proxies that are believed when they say who a request is from.
        package var trustedProxies: [IPPrefix] = []
        /// How they say it.
        package var clientOrigin = ClientOrigin.forwardedFor
        /// Ends TLS here if there is one; a proxy in front does otherwise.
        package var certificate: ServerCertificate?
        /// How long a hit is kept, in seconds.
        package var retention: TimeInterval = 180 * 86_400
        /// Where `hits.db` and `streams.json` are, unless they are in a database; created with mode 0700 when absent.
        package var stateDirectory: URL
        /// Which database holds hits and streams; `nil`: the files above do.
        package var database: PostgresServer?
        /// Serve `/metrics` to everyone and not to loopback alone.
        package var publicMetrics = false
        /// Where `/metrics`, `/healthz` and `/readyz` are, on a listener of their own; `nil`: nowhere but on the first.
        package var operations: (host: String, port: Int)?
        /// Sockets that listen already (sd_listen_fds(3)), used instead of the addresses above.
        package var inherited = InheritedSockets()
        /// What becomes of a request with `Sec-GPC: 1`, and with `DNT: 1`.
        package var globalPrivacyControl = Preference.record
        package var doNotTrack = Preference.record
        package var limits = Limits()
        /// Called once, with the port in use, when connections are accepted.
        package var listening: @Sendable (Int) -> Void = { _ in }
        /// The same of the operations' listener.
        package var operationsListening: @Sendable (Int) -> Void = { _ in }

        package init(host: String, port: Int, publicURL: String, stateDirectory: URL) {
            self.host = host
            self.port = port
            self.publicURL = publicURL
            self.stateDirectory = stateDirectory
        }
    }

    /// How a proxy says who a request is from. One of them, chosen: what the proxy does not write, its clients can.
    package enum ClientOrigin: String, Sendable, CaseIterable {
        case forwardedFor = "x-forwarded-for"
        /// RFC 7239.
        case forwarded
        /// Before the first byte of a connection; ``ProxyHeader``.
        case proxyProtocol = "proxy-protocol"
    }

    /// Listening sockets that the service manager has made; the server closes them when it ends, and they go on there.
    package struct InheritedSockets: Sendable {
        package var pixels: CInt?
        package var operations: CInt?
        package init() {}
    }

    /// How a wish of the reader's not to be tracked is answered.
    package enum Preference: Sendable {
        /// The hit is kept as its token's level says, with the wish among its signals.
        case record
        /// The hit is kept as one of level `minimal`.
        case minimal
        /// Nothing is kept but a count.
        case discard
    }

    /// Bounds on what strangers can make the server spend.
    package struct Limits: Sendable {
        /// Open connections; lowered to what the process may open. One more is closed at once.
        package var connections = 16_384
        /// The same of the operations' listener.
        package var operationsConnections = 32
        /// Seconds in which a whole request head must have arrived, counted from the connection or the last answer.
        package var headSeconds = 10
        /// Seconds in which a client must have taken an answer.
        package var writeSeconds = 10
        /// Bytes of all names and values of a request's head together, and of its target.
        package var headBytes = 8 * 1024
        package var headFields = 50
        package var targetBytes = 1024
        var head: HeadLimits { HeadLimits(bytes: headBytes, fields: headFields, targetBytes: targetBytes) }
        /// Long polls at once of one stream, and of all; at most three quarters of the connections, so that pixels have
        /// room beside them.
        package var pollsPerStream = 8
        package var polls = 12_288
        /// Pulls of one key: so many at once, and so many a second in the long run.
        package var pullBurst = 2000
        package var pullsPerSecond = 10
        /// Stored hits of one token in one day (UTC); further ones are counted.
        package var hitsPerTokenPerDay = 200
        /// Requests a second that one network (/24, /48) may make for ever, and at once after a rest; mail services,
        /// which ask for all of their users, ``serviceFactor`` times as many. Zero is no limit.
        package var requestsPerSecond = 50.0
        package var requestsAtOnce = 500.0
        package var serviceFactor = 40.0
        /// Size of `hits.db` in bytes at which hits are refused; `nil` leaves it to the disk.
        package var logBytes: Int?

        package init() {}
    }
}

/// What a request shows of its sender, for classification; nothing of it is stored as it is.
package struct RequestFacts: Sendable {
    package let method: String
    package let address: IPAddress
    package let headers: [(name: String, value: String)]
    package let userAgent: String?
}

/// What classification makes of ``RequestFacts``.
package struct RequestTraits: Sendable, Equatable {
    package var netclass: NetworkClass?
    package var asn: UInt32?
    package var family: ClientFamily?
    package var signals: Set<Signal>

    package init(
        netclass: NetworkClass? = nil, asn: UInt32? = nil, family: ClientFamily? = nil, signals: Set<Signal> = []
    ) {
        self.netclass = netclass
        self.asn = asn
        self.family = family
        self.signals = signals
    }
}

/// Judges a request by its address and headers; pure and quick, it runs for every pixel.
package typealias Classify = @Sendable (RequestFacts) -> RequestTraits

/// That many bytes from a cryptographic generator.
package typealias RandomBytes = @Sendable (Int) -> [UInt8]

/// The system's cryptographic generator.
package let systemRandomBytes: RandomBytes = { count in
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
}
