import IMAP

/// One logged-in IMAP connection, as those see it who talk over it: commands go out, events come in. ``Connection`` is
/// the real one; tests run the same conversations against a modelled server, without sockets and clocks.
///
/// One task uses it; ``finishIdle()`` may come from anywhere.
package protocol MailConnection: Sendable {
    var greeting: Greeting { get }
    /// As last told by the server.
    var capabilities: Capabilities { get async }
    /// What the server has said to be in force since an ENABLE.
    var enabled: Set<Capability> { get async }
    /// Whether COMPRESS would be understood, and not for the second time.
    var canCompress: Bool { get async }
    /// Whether COMPRESS is in force.
    var isCompressed: Bool { get async }
    /// Keeps to what the server at the other end bears, as soon as it is known which one it is.
    func restrict(idle: Duration, commandsInFlight: Int) async
    /// Sends commands, all of which may be in flight at once, or queues them behind those that run. Who starts them
    /// takes their ends from ``next()``.
    func start(_ commands: [Command]) async throws(MailboxError) -> [Tag]
    /// All events that have come, at least one.
    func next() async throws(MailboxError) -> [Session.Event]
    /// Ends the running IDLE; without one nothing happens.
    func finishIdle() async
}
