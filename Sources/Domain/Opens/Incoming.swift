import FoundationEssentials

/// Mail that has come to the sender, and that makes its reader load a pixel of the message.
package struct Incoming: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// By a recipient.
        case reply
        /// By somebody who is none: it has been passed on.
        case forward
        /// By a program, or a mail server's report.
        case automatic
        /// The message itself: its sender is a recipient too.
        case copy
    }

    package var kind: Kind
    /// The token that it shows, lower case.
    package var token: String
    package var arrivedAt: Date

    package init(kind: Kind, token: String, arrivedAt: Date) {
        self.kind = kind
        self.token = token
        self.arrivedAt = arrivedAt
    }
}
