import Foundation

/// A real SMTP server on loopback to submit mail to: own CA, one user, and a store of what it accepted.
///
/// `Scripts/lib/upstream.py` makes it. It takes mail under TLS from who logs in by PLAIN or LOGIN. The server ends with
/// ``stop()``, with the last reference, and with this process, however that ends.
package final class Upstream: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case postfix, opensmtpd, exim, aiosmtpd
        /// Sockets alone, with a ``Behaviour``.
        case sink
    }

    package enum Certificate: String, Sendable { case valid, expired }

    /// An accepted mail as the server's store has it.
    package struct Delivery: Decodable, Sendable, Equatable {
        package let sender: String
        package let recipients: [String]
        /// The commands with their parameters, as the server passes them on.
        package let mail: String
        package let rcpt: [String]
        private let data: Data
        /// All octets, with the server's own trace fields before them.
        package var message: [UInt8] { Array(data) }
    }

    /// A transaction that reached the sink's end of data, accepted or not.
    package struct Transaction: Decodable, Sendable {
        /// From 1 on.
        package let connection: Int
        package let tls: Bool
        package let user: String?
        package let ehlo: String?
        package let mail: String
        package let rcpt: [String]
        private let data: Data
        /// The first line of the answer; nil where none was given.
        package let answer: String?
        package let accepted: Bool
        /// The octets after DATA's answer, dots doubled, without the end of data's own dot.
        package var raw: [UInt8] { Array(data) }
    }

    package let host = "127.0.0.1"
    /// STARTTLS.
    package let port: Int
    /// Implicit TLS.
    package let tlsPort: Int
    package let caFile: String
    package let user: String
    package let password: String
    private let process: LineProcess

    /// Starts a server and returns when it answers.
    ///
    /// - Parameter behaviour: with the sink alone.
    package static func start(
        _ kind: Kind, certificate: Certificate = .valid, behaviour: Behaviour? = nil
    ) async throws -> Upstream {
        var arguments = [kind.rawValue, "--certificate", certificate.rawValue]
        if let behaviour {
            arguments += ["--behaviour", String(decoding: try JSONEncoder().encode(behaviour), as: UTF8.self)]
        }
        let process = try LineProcess(repositoryFile("Scripts/lib/upstream.py"), arguments)
        return Upstream(try await process.next(), process)
    }

    /// All accepted mails, in the order of their arrival, once there are at least `count` and none is on its way
    /// within the server; an error after 20 s.
    package func deliveries(count: Int = 0) async throws -> [Delivery] {
        let stored: Stored = try await process.ask(Request(do: "deliveries", count: count))
        return stored.deliveries
    }

    /// How the sink behaves from now on. Connections that stall end.
    package func behave(_ behaviour: Behaviour) async throws {
        let _: Done = try await process.ask(Request(do: "behave", behaviour: behaviour))
    }

    /// What came to the sink, in order.
    package func transactions() async throws -> [Transaction] {
        let log: Log = try await process.ask(Request(do: "log"))
        return log.transactions
    }

    /// Ends the server for good, removes its directory and returns when both are gone.
    package func stop() async {
        await process.end()
    }

    private init(_ place: Place, _ process: LineProcess) {
        port = place.port
        tlsPort = place.tls
        caFile = place.ca
        user = place.user
        password = place.password
        self.process = process
    }
}

extension Upstream {
    /// What the sink does otherwise than a good server; see `Scripts/lib/sink.py`.
    package struct Behaviour: Encodable, Sendable {
        /// `greeting`, `ehlo`, `starttls`, `auth`, `mail`, `rcpt` or `rcpt1`, `rcpt2` …, `data`, `body` (after 354, before
        /// anything is read), `dot` (all is read), `rset`, `noop`, `quit`.
        package var steps: [String: Action]
        /// EHLO's lines, but STARTTLS and AUTH; nil: all that the sink knows.
        package var extensions: [String]?
        /// The steps hold for so many connections, the first ones; nil: for all.
        package var connections: Int?
        /// The steps hold behind so many accepted mails of a connection; nil: from the first on.
        package var after: Int?
        /// AUTH and mail are taken without TLS, too.
        package var cleartext: Bool
        /// A MAIL that declares more is refused, whatever EHLO said.
        package var room: Int?
        /// Each reply leaves octet by octet.
        package var dribble: Bool
        /// Of each mail the store keeps the SHA-256 alone, in hexadecimal.
        package var digest: Bool

        package init(
            steps: [String: Action] = [:], extensions: [String]? = nil, connections: Int? = nil,
            after: Int? = nil, room: Int? = nil, cleartext: Bool = false, dribble: Bool = false, digest: Bool = false
        ) {
            self.steps = steps
            self.extensions = extensions
            self.connections = connections
            self.after = after
            self.room = room
            self.cleartext = cleartext
            self.dribble = dribble
            self.digest = digest
        }
    }

    package struct Action: Encodable, Sendable {
        private var stall: Bool?
        private var hold: Bool?
        private var drop: Bool?
        private var answer: [String]?

        /// Nothing is read or said, until the behaviour changes; then the connection ends.
        package static let stall = Action(stall: true)
        /// The usual reply, not before the behaviour changes.
        package static let hold = Action(hold: true)
        /// The connection ends without a word.
        package static let drop = Action(drop: true)
        /// Whole reply lines, without CRLF, instead of the usual ones.
        package static func answer(_ lines: String..., thenDrop: Bool = false) -> Action {
            Action(drop: thenDrop, answer: lines)
        }
    }
}

private struct Place: Decodable {
    let port: Int
    let tls: Int
    let ca: String
    let user: String
    let password: String
}

private struct Request: Encodable {
    let `do`: String
    var count: Int?
    var behaviour: Upstream.Behaviour?
}

private struct Stored: Decodable { let deliveries: [Upstream.Delivery] }
private struct Log: Decodable { let transactions: [Upstream.Transaction] }
private struct Done: Decodable {}
