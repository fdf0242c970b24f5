import Foundation
import Outgoing

/// What `sentmark why` says of a mail that was sent through us.
package struct OutgoingReport: Sendable, Equatable {
    package struct Recipient: Sendable, Equatable {
        package let address: String
        /// `nil` if a later version wrote a name that this one does not know.
        package let reason: SendingReason?
        package let token: String?
        package let isDelivered: Bool

        package init(address: String, reason: SendingReason?, token: String?, isDelivered: Bool) {
            self.address = address
            self.reason = reason
            self.token = token
            self.isDelivered = isDelivered
        }
    }

    package let account: String
    package let messageID: String?
    package let way: SendingWay
    package let at: Date
    package let state: SendingState
    package let reply: String
    package let providerID: String?
    package let recipients: [Recipient]

    package init(
        account: String, messageID: String?, way: SendingWay, at: Date, state: SendingState, reply: String,
        providerID: String?, recipients: [Recipient]
    ) {
        self.account = account
        self.messageID = messageID
        self.way = way
        self.at = at
        self.state = state
        self.reply = reply
        self.providerID = providerID
        self.recipients = recipients
    }
}
