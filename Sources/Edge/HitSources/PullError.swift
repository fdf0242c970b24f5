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
        case .otherLog: "the pixel server has another hit log than before; it is read from its beginning"
        case .busy(let status, let after):
            "the pixel server is busy (HTTP \(status))"
                + (after.map { "; it asks for \($0.components.seconds) s" } ?? "")
        case .log(let what): what
        case .unexpected(let what): "the pixel server's answer is not understood: \(what)"
        }
    }
}
