import Outgoing
import Synchronization

/// Outgoing mail, written down in memory, or not at all.
final class MemoryLog: SendingLog {
    enum Health: Sendable {
        case good
        /// Nothing can be written.
        case broken
        /// Nothing ever returns.
        case stuck
    }

    struct Entry: Sendable {
        let registration: Registration
        var outcome: SendingOutcome?
        var delivered: Set<Int> = []
    }

    struct Broken: Error {}

    private let state = Mutex<(entries: [Entry], health: Health)>(([], .good))

    var entries: [Entry] { state.withLock { $0.entries } }
    var health: Health {
        get { state.withLock { $0.health } }
        set { state.withLock { $0.health = newValue } }
    }

    func register(_ mail: Registration, outcome: SendingOutcome?) async throws -> OutgoingID {
        try await check()
        return state.withLock { state in
            state.entries.append(Entry(registration: mail, outcome: outcome))
            return OutgoingID(rawValue: Int64(state.entries.count))
        }
    }

    func delivered(_ recipients: [Int], of mail: OutgoingID) async throws {
        try await check()
        state.withLock { $0.entries[Int(mail.rawValue) - 1].delivered.formUnion(recipients) }
    }

    func finish(_ mail: OutgoingID, _ outcome: SendingOutcome) async throws {
        try await check()
        state.withLock { $0.entries[Int(mail.rawValue) - 1].outcome = outcome }
    }

    func recipientsDelivered(_ messageID: String, contentHash: [UInt8]) async throws -> Set<String> {
        try await check()
        let halfDone = entries.filter {
            $0.registration.messageID == messageID && $0.registration.contentHash == contentHash
                && $0.outcome?.state != .accepted
        }
        return Set(halfDone.flatMap { entry in entry.delivered.map { entry.registration.recipients[$0].address } })
    }

    private func check() async throws {
        switch health {
        case .good: break
        case .broken: throw Broken()
        case .stuck: while true { try await Task.sleep(for: .seconds(3600)) }
        }
    }
}
