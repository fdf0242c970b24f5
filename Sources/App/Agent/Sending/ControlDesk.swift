import Control
import Outgoing
import Store

/// Does for other commands what only the agent may do: it alone writes the database.
struct ControlDesk: Sendable {
    /// By the names of the accounts.
    let logs: [String: AccountLog]
    let store: AgentStore
    let judge: Bell

    func answer(_ request: ControlRequest) async -> ControlAnswer {
        do {
            return try await perform(request)
        } catch {
            return .failed("\(error)")
        }
    }

    private func perform(_ request: ControlRequest) async throws -> ControlAnswer {
        switch request {
        case .register(let account, let mail, let outcome):
            return .registered(try await log(of: account).register(mail, outcome: outcome))
        case .delivered(let account, let mail, let recipients):
            try await log(of: account).delivered(recipients, of: mail)
        case .finish(let account, let mail, let outcome):
            try await log(of: account).finish(mail, outcome)
        case .reclassify:
            try await store.judgeAllAgain()
            judge.ring()
        case .recipientsDelivered(let account, let messageID, let hash):
            return .addresses(
                try await log(of: account).recipientsDelivered(messageID, contentHash: hash).sorted())
        }
        return .done
    }

    private func log(of account: String) throws(ControlError) -> AccountLog {
        guard let log = logs[account] else { throw .refused("no account is named \(account)") }
        return log
    }
}
