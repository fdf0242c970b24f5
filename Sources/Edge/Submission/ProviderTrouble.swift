import SMTP
import Transport

/// What a mail client is told when its provider cannot be reached. Always for the moment only: what is wrong can be put
/// right, and the mail is still with the client.
package enum ProviderTrouble {
    package static func reply(to error: any Error) -> Reply {
        guard let error = error as? TransportError else { return Reply(451, "4.3.0", "\(error)") }
        let status =
            switch error.kind {
            case .resolve, .refused, .timeout, .closed, .cancelled, .proxy, .other: "4.4.1"
            case .serverUnavailable: "4.3.2"
            case .tls, .starttlsUnavailable: "4.7.5"
            case .credentialsRejected, .noUsableMechanism: "4.7.8"
            }
        return Reply(451, status, error.description)
    }
}
