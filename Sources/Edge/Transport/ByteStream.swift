/// A connection to a mail server, logged in, over which the session speaks its own protocol.
///
/// libcurl does name, proxy, TLS, greeting, STARTTLS and login; then bytes come and go as they are. Bytes that the
/// server sends in the same packet as its answer to the login are lost in libcurl: begin with a command and ignore
/// what comes before its answer.
///
/// One reader and any number of writers at a time. It is on the poller's thread: an actor that has the poller for its
/// executor reads and writes without a change of threads. Letting go of the last reference closes the connection.
package final class ByteStream: Sendable {
    /// What libcurl read up to the login: greeting, capabilities, the tagged answers. Without line ends.
    package let greetingLines: [String]
    /// Where its work is done.
    package let poller: Poller
    private let connection: Connection

    /// Opens a connection; see ``ConnectionOptions`` for its limits. Cancelling the task gives up at once.
    package static func open(
        _ options: ConnectionOptions, on poller: Poller
    ) async throws(TransportError) -> ByteStream {
        let connection = Connection(options, on: poller)
        return ByteStream(connection, poller, greetingLines: try await connection.open())
    }

    private init(_ connection: Connection, _ poller: Poller, greetingLines: [String]) {
        self.connection = connection
        self.poller = poller
        self.greetingLines = greetingLines
    }

    deinit { close() }

    /// All that has come since the last call, at least one byte; waits for it. `nil`: the other side has ended, and
    /// everything it sent before has been returned.
    ///
    /// Cancelling the task throws `.cancelled`, and loses no byte: the next call returns it.
    /// When 256 KB wait to be received, no more is read from the network.
    nonisolated(nonsending) package func receive() async throws(TransportError) -> [UInt8]? {
        try await connection.receive()
    }

    /// Returns when libcurl has taken all bytes; reading goes on meanwhile. Calls are served in their order.
    ///
    /// Cancelling the task throws `.cancelled` and closes the connection, since a part may be on its way.
    nonisolated(nonsending) package func send(_ bytes: [UInt8]) async throws(TransportError) {
        try await connection.send(bytes)
    }

    /// As ``send(_:)``, by whoever is on the poller's thread, and without waiting: `nil` if libcurl has taken all of it at
    /// once, as it does as a rule; else ``taken(_:)`` has to be called, which waits for that.
    package func offer(_ bytes: [UInt8]) throws(TransportError) -> Int? {
        try connection.assumeIsolated { connection in
            Result { () throws(TransportError) in try connection.offer(bytes) }
        }.get()
    }

    nonisolated(nonsending) package func taken(_ offer: Int) async throws(TransportError) {
        try await connection.taken(offer)
    }

    /// Ends the connection without waiting. A pending ``receive()`` returns `nil`, a pending ``send(_:)`` throws.
    package func close() {
        Task { [connection] in await connection.close() }
    }
}
