import Outgoing

/// An account's outgoing mail, written down by the agent that runs.
package struct RemoteLog: SendingLog {
    private let client: ControlClient
    private let account: String

    package init(_ client: ControlClient, account: String) {
        self.client = client
        self.account = account
    }

    package func register(_ mail: Registration, outcome: SendingOutcome?) async throws -> OutgoingID {
        guard case .registered(let id) = try await client.ask(.register(account: account, mail: mail, outcome: outcome))
        else { throw ControlError.broken("another answer than was asked for") }
        return id
    }

    package func delivered(_ recipients: [Int], of mail: OutgoingID) async throws {
        _ = try await client.ask(.delivered(account: account, mail: mail, recipients: recipients))
    }

    package func finish(_ mail: OutgoingID, _ outcome: SendingOutcome) async throws {
        _ = try await client.ask(.finish(account: account, mail: mail, outcome: outcome))
    }

    package func recipientsDelivered(_ messageID: String, contentHash: [UInt8]) async throws -> Set<String> {
        let request = ControlRequest.recipientsDelivered(
            account: account, messageID: messageID, contentHash: contentHash)
        guard case .addresses(let addresses) = try await client.ask(request) else {
            throw ControlError.broken("another answer than was asked for")
        }
        return Set(addresses)
    }
}
