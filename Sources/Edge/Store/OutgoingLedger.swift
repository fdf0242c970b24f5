import Foundation
import GRDB
import Outgoing
import Synchronization

/// Writes mail down on its way out. What comes while the disk is busy is written together, in one transaction.
package final class OutgoingLedger: Sendable {
    fileprivate typealias Work = @Sendable (OutgoingWriter) throws -> OutgoingID

    private struct Entry {
        let work: Work
        let done: CheckedContinuation<Result<OutgoingID, StoreError>, Never>
    }

    private let store: AgentStore
    private let queue = Mutex(LedgerQueue<Entry>())

    package init(_ store: AgentStore) { self.store = store }

    /// Writes a mail down before it is sent: on disk when it returns.
    @discardableResult
    nonisolated(nonsending) package func register(
        _ mail: Registration, outcome: SendingOutcome? = nil, of account: AccountID, now: Date
    ) async throws(StoreError) -> OutgoingID {
        try await write(isUrgent: outcome == nil) { try $0.register(mail, outcome: outcome, of: account, now: now) }
    }

    nonisolated(nonsending) package func delivered(
        _ recipients: [Int], of mail: OutgoingID
    ) async throws(StoreError) {
        _ = try await write(isUrgent: true) { writer in
            try writer.delivered(recipients, of: mail)
            return mail
        }
    }

    nonisolated(nonsending) package func finish(
        _ mail: OutgoingID, _ outcome: SendingOutcome
    ) async throws(StoreError) {
        _ = try await write(isUrgent: outcome.state != .accepted) { writer in
            try writer.finish(mail, outcome)
            return mail
        }
    }

    nonisolated(nonsending) private func write(
        isUrgent: Bool, _ work: @escaping Work
    ) async throws(StoreError) -> OutgoingID {
        try await withCheckedContinuation { done in
            let entry = Entry(work: work, done: done)
            perform(queue.withLock { $0.add(entry, isUrgent: isUrgent, now: .now) })
        }.get()
    }

    private func perform(_ step: LedgerQueue<Entry>.Step) {
        switch step {
        case .nothing: break
        // Others have their turn at the database between two writes.
        case .write: store.writeInTurn(writeAll)
        case .gather(let turn): after(LedgerQueue<Entry>.gathering) { $0.gathered(turn) }
        case .watch: after(LedgerQueue<Entry>.patience) { $0.watched(now: .now) }
        }
    }

    private func after(
        _ delay: Duration, _ next: @escaping @Sendable (inout LedgerQueue<Entry>) -> LedgerQueue<Entry>.Step
    ) {
        Task {
            try? await Task.sleep(for: delay)
            perform(queue.withLock { next(&$0) })
        }
    }

    private func writeAll(_ db: Database) {
        let batch = queue.withLock { $0.take() }
        let results = store.write(batch.map(\.work), db)
        for (entry, result) in zip(batch, results) { entry.done.resume(returning: result) }
        perform(queue.withLock { $0.written(now: .now) })
    }
}

extension AgentStore {
    /// In one transaction or, if one of them fails, each in its own: it alone fails then.
    fileprivate func write(_ works: [OutgoingLedger.Work], _ db: Database) -> [Result<OutgoingID, StoreError>] {
        do {
            return try transaction(works, db).map { .success($0) }
        } catch {
            guard works.count > 1 else { return [.failure(StoreError(error, path: path))] }
        }
        return works.map { work in
            do {
                return .success(try transaction([work], db)[0])
            } catch {
                return .failure(StoreError(error, path: path))
            }
        }
    }

    private func transaction(_ works: [OutgoingLedger.Work], _ db: Database) throws -> [OutgoingID] {
        // As inTransaction does, which has SQLite read both statements each time.
        try db.perform(sql: "BEGIN IMMEDIATE")
        do {
            let writer = OutgoingWriter(db: db)
            let ids = try works.map { try $0(writer) }
            try db.perform(sql: "COMMIT")
            return ids
        } catch {
            try? db.rollback()
            throw error
        }
    }
}
