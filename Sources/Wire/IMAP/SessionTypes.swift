extension Session {
    package enum Action: Equatable, Sendable {
        case send([UInt8])
        case deliver(Event)
        /// Call ``tick(now:)`` at this time; it replaces the earlier one. `nil`: there is nothing to wait for.
        case wait(until: Int64?)
        case close(CloseReason)
        /// COMPRESS was answered with OK. What was received behind that is compressed already, like all that follows:
        /// it comes back with ``received(_:now:)`` when it has been inflated. What is sent from here on is deflated.
        case compress(received: [UInt8])
    }

    package enum Event: Equatable, Sendable {
        /// In step with the server; ``Session/capabilities`` are current.
        case ready
        case untagged(Untagged)
        case finished(Tag, Completion)
        /// The server waits with us. Anything that came before this event may already be news.
        case idling(Tag)
        /// A response that could not be read or has no meaning here: its first bytes, for the log.
        case skipped([UInt8])
    }

    package enum CloseReason: Equatable, Sendable {
        case loggedOut
        case bye(ResponseText)
        /// The first CAPABILITY was refused (Exchange: `BAD User is authenticated but not connected.`).
        case refused(ResponseText)
        case endOfStream
        /// No byte for too long, or one command took too long: its name.
        case timedOut(command: String)
        /// More bytes than the budget without any command ending.
        case tooMuchData
        case syntax(IMAPSyntaxError)
        case protocolError(String)
    }

    /// Milliseconds.
    package struct Timing: Equatable, Sendable {
        /// Without a byte from the server while a command runs.
        package var silence: Int64 = 60_000
        /// From one command's end to the next one's, however much arrives.
        package var command: Int64 = 15 * 60_000
        /// IDLE is ended by itself after this; the runner starts the next one. Servers may log out after 30 minutes.
        package var idle: Int64 = 25 * 60_000
        /// From DONE to the end of IDLE, for which the server has nothing to do: also how long it takes to find out that a
        /// connection has died.
        package var done: Int64 = 30_000
        package var logout: Int64 = 1_000

        package init() {}
    }

    package struct Limits: Equatable, Sendable {
        package var parser = ParserLimits()
        /// Received between two tagged responses, dropped octets included.
        package var bytesPerCommand: Int = 256 << 20
        /// Commands, and bytes of them, in flight at once. Outlook takes 25 commands.
        package var commandsInFlight = 16
        package var bytesInFlight = 64 << 10

        package init() {}
    }
}

extension Session.CloseReason: CustomStringConvertible {
    /// What happened, without a full stop, in words for the person who runs the agent.
    package var description: String {
        switch self {
        case .loggedOut: "logged out"
        case .bye(let text): "the server ended the connection: \(text.text)"
        case .refused(let text): "the server let us in and then refused to serve: \(text.text)"
        case .endOfStream: "the server ended the connection without a word"
        case .timedOut(let command) where command.isEmpty: "the server stopped answering"
        case .timedOut(let command): "the server did not answer \(command) in time"
        case .tooMuchData: "the server sends without end and does not answer"
        case .syntax(let error): "\(error)"
        case .protocolError(let what): "the server does not keep to the protocol: \(what)"
        }
    }
}
