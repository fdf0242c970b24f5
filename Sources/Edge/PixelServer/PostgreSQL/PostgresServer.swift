import Foundation
import Secrets

/// Which database keeps the hits, and how to get in.
package struct PostgresServer: Sendable {
    /// `postgresql://…`, as libpq takes it (its section 34.1.1), without a password.
    package let url: String
    /// Asked at each connection, on a thread that may block. `nil`: libpq's own means, such as `.pgpass`.
    package let password: (@Sendable () throws -> Secret)?
    /// libpq's keywords and values that hold besides those of the URL.
    let parameters: [(keyword: String, value: String)]
    /// Who reads an error may know the URL: there is no password in it.
    var name: String { url }

    /// - Parameter encrypts: whether the server must prove by its certificate that it is the host of the URL. False
    ///   only where nobody can listen in: a Unix socket, or loopback.
    package init(url: String, encrypts: Bool, password: (@Sendable () throws -> Secret)? = nil) {
        self.url = url
        self.password = password
        var parameters: [(keyword: String, value: String)] = [
            // What holds if the URL says nothing: what comes later wins.
            // Kerberos costs a look for its tickets at each connection, and is there for who asks for it.
            ("gssencmode", "disable"),
            // Of several hosts the one that takes writes.
            ("target_session_attrs", "read-write"),
            ("application_name", "sentmark"), ("client_encoding", "UTF8"),
            // A server that went without a word is noticed: seconds, and milliseconds for what was sent.
            ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "2"),
            ("tcp_user_timeout", "10000"),
            ("dbname", url),
        ]
        if encrypts { parameters.append(("sslmode", "verify-full")) }
        self.parameters = parameters
    }

    func currentPassword() throws(PostgresFailure) -> Secret? {
        do { return try password?() } catch { throw .lost("there is no password to log in with: \(error)") }
    }
}

/// A connection that is made when it is needed, and made anew when it was lost, with growing pauses.
///
/// `@unchecked Sendable`: what is mutable is used inside ``exclusively(_:)`` alone.
final class PostgresSession: @unchecked Sendable {
    typealias Instant = ContinuousClock.Instant

    private let server: PostgresServer
    private let isHurried: @Sendable () -> Bool
    private var connection: PostgresConnection?
    private let lock = NSLock()
    private var pause = shortest
    private var earliest = Instant.now

    private static let shortest = Duration.milliseconds(50)
    private static let longest = Duration.seconds(2)
    /// How long a caller waits until the next attempt is due, and how long the attempt then takes at most: that begins
    /// when the waiting is over. If both shared one deadline, callers who come without a break would each wait until no
    /// time is left to connect.
    private static let patience = Duration.milliseconds(250)
    private static let connecting = Duration.milliseconds(700)
    /// Between looks whether it is time to stop.
    private static let nap = Duration.milliseconds(20)

    init(_ server: PostgresServer, isHurried: @escaping @Sendable () -> Bool) {
        self.server = server
        self.isHurried = isHurried
    }

    /// One after the other.
    func exclusively<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body()
    }

    /// The connection, if need be a new one, on which `opened` has been done. `.unusable` at once if the next attempt is
    /// not due soon.
    func connected(
        opened: (PostgresConnection) throws(PostgresFailure) -> Void
    ) throws(PostgresFailure) -> PostgresConnection {
        if let connection { return connection }
        try waitForTurn()
        do {
            let made = try PostgresConnection(
                server.parameters, password: server.currentPassword(), until: .now + Self.connecting,
                isHurried: isHurried)
            try opened(made)
            connection = made
            return made
        } catch {
            postpone()
            throw error
        }
    }

    /// The connection, if there is one, is of no more use.
    func drop() {
        guard connection != nil else { return }
        connection = nil
        postpone()
    }

    /// The next attempt is due after a pause, twice as long each time.
    private func postpone() {
        earliest = .now + pause * Double.random(in: 0.5...1)
        pause = min(pause * 2, Self.longest)
    }

    /// What was asked for has been done: the next loss is a new one.
    func settle() { pause = Self.shortest }

    /// No connection is kept while there is nothing to do.
    func rest() { connection = nil }

    private func waitForTurn() throws(PostgresFailure) {
        guard earliest < .now + Self.patience, !isHurried() else {
            throw .unusable(
                PixelServerError(
                    .unreachable, "\(server.name): could not be reached lately", .retryLater(after: Self.longest)))
        }
        while .now < earliest, !isHurried() { Thread.sleep(forTimeInterval: Self.nap / .seconds(1)) }
    }
}
