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
    }

    package let account: String
    package let messageID: String?
    package let way: SendingWay
    package let at: Date
    package let state: SendingState
    package let reply: String
    package let providerID: String?
    package let recipients: [Recipient]
}
