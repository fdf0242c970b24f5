import Control
import Foundation
import Host
import Outgoing
import Store

/// An account's outgoing mail as a command writes it down: through the agent that runs or, if none does, by itself.
package struct CommandLog: SendingLog {
    private let directories: Directories
    private let account: String
    private let remote: RemoteLog

    package init(_ directories: Directories, account: String) {
        self.directories = directories
        self.account = account
        remote = RemoteLog(ControlClient(path: directories.controlSocket), account: account)
    }

    package func register(_ mail: Registration, outcome: SendingOutcome?) async throws -> OutgoingID {
        try await first { try await $0.register(mail, outcome: outcome) }
    }

    package func delivered(_ recipients: [Int], of mail: OutgoingID) async throws {
        try await first { try await $0.delivered(recipients, of: mail) }
    }

    package func finish(_ mail: OutgoingID, _ outcome: SendingOutcome) async throws {
        try await first { try await $0.finish(mail, outcome) }
    }

    package func recipientsDelivered(_ messageID: String, contentHash: [UInt8]) async throws -> Set<String> {
        try await first { try await $0.recipientsDelivered(messageID, contentHash: contentHash) }
    }

    private func first<Value>(_ ask: (any SendingLog) async throws -> Value) async throws -> Value {
        do {
            return try await ask(remote)
        } catch ControlError.noAgent {
            // While we hold the lock no agent can start, and the database is ours.
            try directories.create()
            let lock = try ProcessLock(directories.state + "/agent.lock")
            let store = try AgentStore(path: directories.state + "/agent.db")
            let log = AccountLog(
                store, OutgoingLedger(store), (account, try await store.account(named: account)),
                awaited: AwaitedMail(), now: { Date() })
            do {
                let value = try await ask(log)
                try store.close()
                return withExtendedLifetime(lock) { value }
            } catch {
                try? store.close()
                throw error
            }
        }
    }
}
