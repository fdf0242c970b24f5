import Foundation
import MIME
import Outgoing
import Tokens

/// How a mail came to us that goes out.
package enum SendingWay: String, Sendable, CaseIterable {
    case smtp, sendmail, outbox
}

/// What has become of a mail.
package enum SendingState: String, Sendable, CaseIterable {
    /// Written down before anything of it was sent.
    case registered
    /// Some of its copies have been accepted, and the next was not.
    case partial
    case accepted
    case refused
    /// It may have been accepted: the connection ended before the provider's answer.
    case uncertain
}

package struct OutgoingID: Sendable, Hashable { let rawValue: Int64 }

/// A mail that is about to be sent.
package struct Registration: Sendable {
    package let way: SendingWay
    package let recipients: [EnvelopeAddress]
    package let plan: SendingPlan
    /// SHA-256, if it goes out as several copies.
    package let contentHash: [UInt8]?

    package init(way: SendingWay, recipients: [EnvelopeAddress], plan: SendingPlan, contentHash: [UInt8]? = nil) {
        self.way = way
        self.recipients = recipients
        self.plan = plan
        self.contentHash = contentHash
    }
}

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
