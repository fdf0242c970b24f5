import Foundation
import IMAP
import Logging
import Mailbox
import SentSync
import Servers
import Store

/// What has to be known of an account's server before its folder can be watched.
extension AccountWatch {
    /// Seconds after which LIST is asked again which folder it is, and ID which server.
    private static let listInterval = 86_400.0

    /// Finds out which server it is, and turns on CONDSTORE where that can be relied on.
    func introduce(
        _ account: AccountID, on connection: Connection, host: String
    ) async throws -> MailServer {
        let greeting = host + " " + connection.greeting.text
        let known = try await store.serverID(
            of: account, greeting: greeting, toldSince: now().addingTimeInterval(-Self.listInterval))
        var server = try await MailServer.meet(over: connection, host: host, known: known)
        if known == nil {
            try await store.note(serverID: server.identity.id, greeting: greeting, of: account, now: now())
        }
        logger.info("server", metadata: server.metadata)
        try await server.enable(over: connection)
        return server
    }

    private func findFolder(_ wish: SentFolder.Wish, on connection: Connection) async throws -> MailboxName {
        switch SentFolder.choose(from: try await connection.listAll(), wish: wish) {
        case .found(let names):
            guard let first = names.first else { throw AccountProblem.noSentFolder(wish, []) }
            return first
        case .missing(let candidates):
            throw AccountProblem.noSentFolder(wish, candidates)
        }
    }

    func sentFolder(
        _ wish: SentFolder.Wish, of account: AccountID, over line: Line
    ) async throws -> MailboxName {
        let known = try await store.sentFolder(
            of: account, wish: wish.text, foundSince: now().addingTimeInterval(-Self.listInterval))
        if let known { return known }
        let mailbox = try await findFolder(wish, on: line.connection)
        try await store.note(sentFolder: mailbox, of: account, wish: wish.text, now: now())
        return mailbox
    }

    /// LIST is asked next time.
    func forgetSentFolder(_ wish: SentFolder.Wish, of account: AccountID) async {
        try? await store.forgetSentFolder(of: account, wish: wish.text)
    }
}

extension SentFolder.Wish {
    /// Empty for the folder that is marked as Sent.
    fileprivate var text: String {
        switch self {
        case .automatic: ""
        case .named(let names): names.joined(separator: "\n")
        }
    }
}

extension MailServer {
    fileprivate var metadata: Logger.Metadata {
        [
            "kind": "\(profiles.map(\.name).joined(separator: ", "))", "class": "\(serverClass.rawValue)",
            "quirks": "\(quirks.map(\.rawValue).joined(separator: ", "))",
        ]
    }
}
