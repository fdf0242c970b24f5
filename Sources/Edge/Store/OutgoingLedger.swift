import Foundation
import GRDB
import Outgoing

/// Writes mail down on its way out. What comes while the disk is busy is written together, in one transaction.
package actor OutgoingLedger {
    private struct Entry {
        let work: @Sendable (OutgoingWriter) throws -> OutgoingID
        let done: CheckedContinuation<Result<OutgoingID, StoreError>, Never>
    }

    private let store: AgentStore
    private var waiting: [Entry] = []
    private var isWriting = false

    /// How long the end of a mail waits for company: nothing depends on it.
    private static let patience = Duration.milliseconds(20)

    package init(_ store: AgentStore) { self.store = store }

    /// Writes a mail down before it is sent: on disk when it returns.
    @discardableResult
    package func register(
        _ mail: Registration, outcome: SendingOutcome? = nil, of account: AccountID, now: Date
    ) async throws(StoreError) -> OutgoingID {
        try await write { try $0.register(mail, outcome: outcome, of: account, now: now) }
    }

    package func delivered(_ recipients: [Int], of mail: OutgoingID) async throws(StoreError) {
        _ = try await write { writer in
            try writer.delivered(recipients, of: mail)
            return mail
        }
    }

    package func finish(_ mail: OutgoingID, _ outcome: SendingOutcome) async throws(StoreError) {
        if outcome.state == .accepted { try? await Task.sleep(for: Self.patience) }
        _ = try await write { writer in
            try writer.finish(mail, outcome)
            return mail
        }
    }

    private func write(
        _ work: @escaping @Sendable (OutgoingWriter) throws -> OutgoingID
    ) async throws(StoreError) -> OutgoingID {
        try await withCheckedContinuation { done in
            waiting.append(Entry(work: work, done: done))
            guard !isWriting else { return }
            isWriting = true
            Task { await writeAll() }
        }.get()
    }

    private func writeAll() async {
        while !waiting.isEmpty {
            let batch = waiting
            waiting = []
            let results = await store.write(batch.map(\.work))
            for (entry, result) in zip(batch, results) { entry.done.resume(returning: result) }
        }
        isWriting = false
    }
}

extension AgentStore {
    /// In one transaction or, if one of them fails, each in its own: it alone fails then.
    fileprivate func write(
        _ works: [@Sendable (OutgoingWriter) throws -> OutgoingID]
    ) async -> [Result<OutgoingID, StoreError>] {
        do throws(StoreError) {
            return try await write { db in try works.map { try $0(OutgoingWriter(db: db)) } }.map { .success($0) }
        } catch {
            guard works.count > 1 else { return [.failure(error)] }
        }
        var results: [Result<OutgoingID, StoreError>] = []
        for work in works {
            do throws(StoreError) {
                results.append(.success(try await write { db in try work(OutgoingWriter(db: db)) }))
            } catch {
                results.append(.failure(error))
            }
        }
        return results
    }
}
