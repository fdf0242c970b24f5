import IMAP

/// What is done differently because of the server at the other end. The defaults are for a server of which nothing is
/// known; a ``ServerQuirk`` only ever takes something away, so that quirks add up in any order.
package struct ServerPolicy: Sendable, Equatable {
    /// The most that is believed of what the server offers.
    package var changeDetection = ServerClass.qresync

    /// NOTIFY beside IDLE: news come with what would be asked of them.
    package var usesNotify = true
    /// IDLE, where it is offered, instead of polling.
    package var usesIdle = true
    /// One IDLE lasts no longer. Servers may log out after 30 minutes (RFC 2177).
    package var idleInterval = Duration.seconds(25 * 60)
    /// Two polls are no farther apart, whatever the configuration says; `nil`: as it says.
    package var pollInterval: Duration?
    /// A poll is a STATUS beside the NOOP.
    package var pollsWithStatus = false

    /// ID is sent even where it is not offered.
    package var requiresID = false

    /// Octets of a command line, literals not counted. RFC 7162 section 4 recommends that servers take 8,192; Courier
    /// ends the connection between 16,000 and 20,000, Dovecot answers BAD between 60,000 and 66,000 (measured).
    package var commandLineLength = Command.maxLineLength
    /// Commands without an answer at the same time.
    package var commandsInFlight = 16
    /// Messages that one FETCH may name; `nil`: no limit is known.
    package var messagesPerFetch: Int?

    /// `BODY[1]<0.262144>`: pieces of a part, instead of the whole of it.
    package var usesPartialFetch = true
    /// SEARCH HEADER and SEARCH BODY as a hint where to look first. Never more than that, with any server.
    package var searchesText = true

    /// A mailbox of which PERMANENTFLAGS says nothing keeps keywords (RFC 9051 7.1: all flags are permanent then).
    package var assumesKeywords = true
    /// Keywords that a mailbox has room for, those of others included; `nil`: no limit is known. Dovecot's 26 in the
    /// file names of a Maildir cannot be seen from outside.
    package var keywordLimit: Int?

    /// What is submitted has to be filed in Sent by whoever submits it.
    package var filesSubmissions = true

    package init() {}

    package init(quirks: some Sequence<ServerQuirk>, capabilities: Capabilities) {
        // RFC 9738.
        if let limit = capabilities.number(of: "MESSAGELIMIT"), limit > 0 {
            messagesPerFetch = Int(clamping: limit)
        }
        for quirk in quirks { quirk.restrict(&self) }
    }
}

extension ServerPolicy {
    /// What asks for news of the selected mailbox.
    package func poll(_ mailbox: MailboxName) -> [Command] {
        pollsWithStatus ? [.status(mailbox, [.messages, .uidNext]), .noop] : [.noop]
    }

    /// The time between two polls, when the account's settings or their default say `interval`.
    package func pollInterval(_ interval: Duration) -> Duration { min(interval, pollInterval ?? interval) }
}
