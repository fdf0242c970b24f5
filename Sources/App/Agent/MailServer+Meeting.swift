import IMAP
import Mailbox
import Servers

extension MailServer {
    /// What to ask for with the first words, as far as can be known by then: no ID has been answered.
    static func firstWanted(host: String, greeting: Greeting) -> Capability? {
        guard let capabilities = greeting.afterLogin else { return nil }
        return MailServer(ServerIdentity(host: host, greeting: greeting, capabilities: capabilities)).wanted
    }

    /// The first words after the login: ID both ways, where it is offered or demanded, and what follows from the answer
    /// for the connection.
    /// - Parameter known: the answer to an earlier ID, if it need not be asked again.
    nonisolated(nonsending) package static func meet(
        over connection: any MailConnection, host: String, known: [IDField]? = nil
    ) async throws(MailboxError) -> MailServer {
        var identity = ServerIdentity(
            host: host, greeting: connection.greeting, capabilities: await connection.capabilities)
        var server = MailServer(identity)
        if let known, !server.policy.requiresID {
            identity.id = known
            server = MailServer(identity)
        } else if identity.capabilities.contains(.id) || server.policy.requiresID {
            _ = try await connection.run([.id([IDField("name", "Sentmark")])]) { untagged in
                if case .id(let fields) = untagged { identity.id = fields ?? [] }
            }
            server = MailServer(identity)
        }
        await connection.restrict(
            idle: server.policy.idleInterval, commandsInFlight: server.policy.commandsInFlight)
        return server
    }

    /// Turns on what the server's class needs, and lowers the class if the server does not do so.
    nonisolated(nonsending) package mutating func enable(
        over connection: any MailConnection
    ) async throws(MailboxError) {
        guard let wanted else { return }
        if await !connection.hasEnabled(wanted) { _ = try await connection.run([.enable([wanted])]) }
        // An OK without ENABLED is no promise (RFC 5161 3.2).
        if await !connection.hasEnabled(wanted) { serverClass = min(serverClass, .condstore) }
    }
}

extension MailConnection {
    /// QRESYNC brings CONDSTORE along (RFC 7162 3.2.3).
    nonisolated(nonsending) fileprivate func hasEnabled(_ capability: Capability) async -> Bool {
        let enabled = await enabled
        return enabled.contains(capability) || capability == .condstore && enabled.contains(.qresync)
    }
}
