import IMAP
import Mailbox
import Servers

extension MailServer {
    /// The first words after the login: ID both ways, where it is offered or demanded, and what follows from the answer
    /// for the connection.
    nonisolated(nonsending) package static func meet(
        over connection: Connection, host: String
    ) async throws(MailboxError) -> MailServer {
        var identity = ServerIdentity(
            host: host, greeting: connection.greeting, capabilities: await connection.capabilities)
        var server = MailServer(identity)
        if identity.capabilities.contains(.id) || server.policy.requiresID {
            _ = try await connection.run([.id([IDField("name", "Sentmark")])]) { untagged in
                if case .id(let fields) = untagged { identity.id = fields ?? [] }
            }
            server = MailServer(identity)
        }
        await connection.restrict(
            idle: server.policy.idleInterval, commandsInFlight: server.policy.commandsInFlight)
        return server
    }
}
