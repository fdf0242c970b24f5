/// A mail client's connection, on which nobody waits longer than they said.
final class ClientSocket {
    private let connection: any ClientConnection
    private let watchdog: Watchdog

    init(_ connection: any ClientConnection) {
        self.connection = connection
        watchdog = Watchdog(bite: connection.cut)
    }

    /// For the log.
    var peer: String { connection.peer }

    /// `nil`: the client has ended the connection, or has said nothing for so long.
    func receive(within limit: Duration) async throws -> [UInt8]? {
        let wait = watchdog.begin(atMost: limit)
        defer { watchdog.end(wait) }
        return try await connection.receive()
    }

    func send(_ bytes: [UInt8], within limit: Duration) async throws {
        if try bytes.isEmpty || connection.offer(bytes) { return }
        let wait = watchdog.begin(atMost: limit)
        defer { watchdog.end(wait) }
        try await connection.sent()
    }

    /// Ends it, and every wait for it; behind the last words if there are some.
    func close(after lastWords: [UInt8] = []) async { await connection.close(after: lastWords) }
}
