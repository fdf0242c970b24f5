import Foundation
import SentSync

/// What a folder of an account, or single messages in it, would not keep.
package struct Refusal: Sendable, Equatable {
    package var sign: Sign
    package var reason: String
    /// How many messages it is about; `nil` where it is the folder.
    package var messages: Int?

    package init(sign: Sign, reason: String, messages: Int? = nil) {
        self.sign = sign
        self.reason = reason
        self.messages = messages
    }
}

/// How an account does, as the agent last noted it.
package struct AccountReport: Sendable {
    package var account: String
    package var state: String
    package var detail: String
    package var since: Date
    package var tracked: Int
    package var refusals: [Refusal]
    package var parked: Int
    /// One for each stage in which there are some.
    package var outbox: [OutboxReport] = []
}
