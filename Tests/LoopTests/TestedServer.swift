import TestSupport
import Testing

/// The mail servers on which the same stories are played: three programs, and each of the three classes of docs/imap.md.
enum TestedServer: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case dovecot = "Dovecot"
    case condstore = "Dovecot without QRESYNC"
    case plain = "Dovecot, bare IMAP4rev1"
    case cyrus = "Cyrus"
    case courier = "Courier"

    var testDescription: String { rawValue }

    func start() async throws -> PrivateServer {
        switch self {
        case .dovecot: try await PrivateServer.start()
        case .condstore:
            try await PrivateServer.start(
                capability: "IMAP4rev1 SASL-IR ID ENABLE IDLE UIDPLUS LITERAL+ ESEARCH SPECIAL-USE CONDSTORE")
        case .plain: try await PrivateServer.start(capability: "IMAP4rev1")
        case .cyrus: try await PrivateServer.start(.cyrus)
        case .courier: try await PrivateServer.start(.courier)
        }
    }

    /// As the agent's log has it.
    var kind: String {
        switch self {
        case .dovecot, .condstore, .plain: "Dovecot"
        case .cyrus: "Cyrus"
        case .courier: "Courier"
        }
    }

    var serverClass: String {
        switch self {
        case .dovecot, .cyrus: "qresync"
        case .condstore: "condstore"
        case .plain, .courier: "plain"
        }
    }

    /// Alice, who looks as often as can be configured where the server does not push.
    func account(on server: PrivateServer) -> World.Account {
        var account = World.Account(on: server)
        account.more = "poll_interval = \"10s\""
        return account
    }

    /// Alice in cleartext, by way of the relay that keeps what is asked.
    func relayedAccount(on server: PrivateServer) -> World.Account {
        var account = World.Account(on: server, imap: "imap://127.0.0.1:\(server.relayPort)")
        account.caFile = nil
        account.more = "cleartext = true\npoll_interval = \"10s\""
        return account
    }
}
