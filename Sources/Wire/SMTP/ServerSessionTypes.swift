package import Secrets

extension ServerSession {
    package struct Configuration: Sendable, Equatable {
        package var hostName: String
        package var offersStartTLS = false
        /// TLS from the first byte on (RFC 8314 3.3).
        package var isEncrypted = false
        /// Neither AUTH nor MAIL without TLS.
        package var requiresEncryption = false
        package var requiresAuthentication = false
        package var limits = Limits()

        package init(hostName: String) { self.hostName = hostName }
    }

    package struct Limits: Sendable, Equatable {
        /// Octets with the line end. AUTH and its responses have a limit of their own (RFC 4954 4).
        package var commandLine = 2_048
        package var authenticationLine = 12_288
        /// Of one message.
        package var recipients = 1_000
        /// Commands that the session refuses by itself, since the last message was sent.
        package var badCommands = 50
        package var failedAuthentications = 3
        /// Octets that a client sends ahead while answers are due.
        package var readAhead = 1 << 20

        package init() {}
    }

    package enum Event: Sendable, Equatable {
        case send([UInt8])
        /// Answer with ``helloAccepted(_:)``, or refuse with ``answer(_:)``.
        case hello(name: String, isExtended: Bool)
        /// The 220 is sent before. Then ``encrypted()``.
        case startTLS
        /// Answer with ``authenticated()`` or ``authenticationFailed(_:)``.
        case authenticate(user: String, password: Secret, authorization: String?)
        case mail(MailCommand)
        case recipient(RecipientCommand)
        case data
        case content([UInt8])
        /// With a fault the message has to be refused.
        case endOfContent(ContentFault?)
        /// The transaction is over without DATA. There is nothing to answer.
        case reset
        /// After what was to be sent before. Nothing follows.
        case close
    }
}

/// Where a session stands.
extension ServerSession {
    enum Phase {
        case commands
        case content(ContentReader)
        /// Between 220 to STARTTLS and ``encrypted()``.
        case negotiating
        case closing
    }

    /// What is due to the client, in order.
    enum Due {
        case answer(Awaited)
        case bytes([UInt8])
        case close
    }

    /// An event that the driver answers.
    enum Awaited: Equatable {
        case hello(isExtended: Bool)
        case authenticate
        case mail
        case recipient
        case data
        case endOfContent
    }

    struct Transaction {
        let isUTF8: Bool
        /// Those that are not refused.
        var recipients = 0
        var accepted = 0
    }
}
