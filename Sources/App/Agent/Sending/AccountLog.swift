import Foundation
import Outgoing
import Store
import Submission

/// An account's outgoing mail, in the agent's database.
package struct AccountLog: SendingLog {
    private let store: AgentStore
    private let ledger: OutgoingLedger
    private let account: AccountID
    private let name: String
    private let troubles: SendingTroubles?
    private let awaited: AwaitedMail
    private let now: @Sendable () -> Date

    /// Seconds in which mail that was half sent is known when it is sent again: longer than mail servers try.
    private static let memory = 5 * 86_400.0

    /// All accounts share a ledger.
    package init(
        _ store: AgentStore, _ ledger: OutgoingLedger, _ account: (name: String, id: AccountID),
        awaited: AwaitedMail, troubles: SendingTroubles? = nil, now: @escaping @Sendable () -> Date
    ) {
        self.store = store
        self.ledger = ledger
        name = account.name
        self.account = account.id
        self.troubles = troubles
        self.awaited = awaited
        self.now = now
    }

    nonisolated(nonsending) package func register(_ mail: Registration, outcome: SendingOutcome?) async throws
        -> OutgoingID
    {
        let began = ContinuousClock.now
        let id = try await noting(outcome == nil ? .untracked : .unnoted) {
            try await ledger.register(mail, outcome: outcome, of: account, now: now())
        }
        if mail.isTracked { awaited.add() }
        if outcome == nil, .now - began >= Decision.patience { troubles?.noteDelay(store.path, account: name) }
        return id
    }

    nonisolated(nonsending) package func delivered(_ recipients: [Int], of mail: OutgoingID) async throws {
        try await noting(.unnoted) { try await ledger.delivered(recipients, of: mail) }
    }

    nonisolated(nonsending) package func finish(_ mail: OutgoingID, _ outcome: SendingOutcome) async throws {
        try await noting(.unnoted) { try await ledger.finish(mail, outcome) }
    }

    nonisolated(nonsending) package func recipientsDelivered(_ messageID: String, contentHash: [UInt8]) async throws
        -> Set<String>
    {
        try await noting(.untracked) {
            try await store.recipientsDelivered(
                messageID, contentHash: contentHash, of: account, since: now() - Self.memory)
        }
    }

    /// Who runs the agent is told of what cannot be done, and what `effect` that has.
    nonisolated(nonsending) private func noting<Value>(
        _ effect: SendingTroubles.Effect, _ work: nonisolated(nonsending) () async throws -> Value
    ) async throws -> Value {
        do {
            return try await work()
        } catch {
            troubles?.note(error, effect, account: name)
            throw error
        }
    }
}
