import Transport

/// Why hits could not be pulled.
package enum PullError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Nothing came, or not all of it.
    case transport(TransportError)
    /// 401: unknown, expired and foreign keys look the same.
    case unauthorised
    /// The server's log is not the one that the cursor is of, such as after a restored backup: start again without a
    /// cursor. That changes nothing twice.
    case otherLog
    /// 429, 5xx: the server asks to come back.
    case busy(status: Int, after: Duration?)
    /// 401, 403 of a provider's API, whose name this is.
    case keyRefused(by: String)
    /// The key to a provider's API cannot be had; what is wrong, and what to do.
    case noKey(String, action: String)
    /// A log file cannot be read.
    case log(String)
    /// Another status, or a body that is not what the contract says.
    case unexpected(String)

    package var remedy: TransportError.Remedy {
        switch self {
        case .transport(let error): error.remedy
        case .unauthorised:
            .needsUser(
                "make a new credential with `sentmark stream add` on the pixel server and name it in credential_file")
        case .keyRefused:
            .needsUser(
                "check the key that password_file, password_command or password_credential gives, and what it may read")
        case .noKey(_, let action): .needsUser(action)
        case .otherLog: .retryNow
        case .busy(_, let after): .retryLater(after: after)
        case .log: .needsUser("check its path and permissions; the agent goes on as soon as it can read it")
        case .unexpected: .retryLater(after: nil)
        }
    }

    package var description: String {
        switch self {
        case .transport(let error): error.description
        case .unauthorised: "the pixel server refuses the credential"
        case .keyRefused(let name): "\(name) refuses the key"
        case .noKey(let what, _): what
        case .otherLog: "the pixel server has another hit log than before; it is read from its beginning"
        case .busy(let status, let after):
            "the server is busy (HTTP \(status))"
                + (after.map { "; it asks for \($0.components.seconds) s" } ?? "")
        case .log(let what): what
        case .unexpected(let what): "the server's answer is not understood: \(what)"
        }
    }
}
