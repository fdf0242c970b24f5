import Outgoing

/// What other commands ask of a running agent: one JSON object on a line.
package enum ControlRequest: Sendable, Codable, Equatable {
    case register(account: String, mail: Registration, outcome: SendingOutcome?)
    case delivered(account: String, mail: OutgoingID, recipients: [Int])
    case finish(account: String, mail: OutgoingID, outcome: SendingOutcome)
    /// Judge every message once more.
    case reclassify
    case recipientsDelivered(account: String, messageID: String, contentHash: [UInt8])
}

/// Its answer, on a line.
package enum ControlAnswer: Sendable, Codable, Equatable {
    case done
    case registered(OutgoingID)
    case addresses([String])
    /// Why not, in words.
    case failed(String)
}

/// Why an agent could not be asked.
package enum ControlError: Error, Sendable, Equatable, CustomStringConvertible {
    /// None listens.
    case noAgent
    case broken(String)
    case refused(String)

    package var description: String {
        switch self {
        case .noAgent: "no agent is running"
        case .broken(let why): "the agent's control socket: \(why)"
        case .refused(let why): "the agent: \(why)"
        }
    }
}

enum ControlLimits {
    /// Octets of a line: the most recipients, with the longest names.
    static let line = 4 << 20
    static let connections = 64
}
