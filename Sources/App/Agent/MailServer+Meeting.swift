import IMAP
import Mailbox
import Servers

extension MailServer {
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
        guard serverClass >= .condstore, await connection.capabilities.contains(.enable) else { return }
        let wanted: Capability = serverClass == .qresync ? .qresync : .condstore
        var isEnabled = false
        _ = try await connection.run([.enable([wanted])]) { untagged in
            if case .enabled(let all) = untagged { isEnabled = isEnabled || all.contains(wanted) }
        }
        // An OK without ENABLED is no promise (RFC 5161 3.2).
        if !isEnabled { serverClass = min(serverClass, .condstore) }
    }
}
