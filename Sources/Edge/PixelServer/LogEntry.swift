import Foundation
import Opens
import Tokens

/// A request for a pixel with a genuine token, before its privacy level is applied.
package struct RecordedRequest: Sendable, Equatable {
    package var at: Date
    package var token: Token
    /// How much of it may be kept: the token's level, or less where the request asks for less.
    package var level: PrivacyLevel
    package var method: String
    /// The /24 or /48 it came from. The log keeps a keyed hash of it alone.
    package var network: IPPrefix
    /// The agent of the token's stream was lately seen in that network.
    package var selfNet: Bool
    package var userAgent: String?
    package var traits: RequestTraits

    package init(
        at: Date, token: Token, method: String, network: IPPrefix, selfNet: Bool = false,
        userAgent: String? = nil, traits: RequestTraits = RequestTraits()
    ) {
        self.at = at
        self.token = token
        level = token.level
        self.method = method
        self.network = network
        self.selfNet = selfNet
        self.userAgent = userAgent
        self.traits = traits
    }
}

/// What one answer waits for.
package enum LogEntry: Sendable {
    /// Kept apart: it changes hands often, and holds much.
    indirect case hit(RecordedRequest)
    /// A bad token: stores nothing but a count, and takes as long as a good one.
    case forged
    /// Whether the log can be written at all.
    case probe
}

/// What a committed batch has put into the log.
package struct Appended: Sendable, Equatable {
    package var stored = 0
    /// Hits beyond the day's allowance of their token.
    package var capped = 0
    package var forged = 0
    /// The last hit of each stream in the batch.
    package var last: [StreamID: Int64] = [:]
}

/// A run of one stream's hits, in commit order.
package struct HitPage: Sendable, Equatable {
    package var hits: [Hit]
    /// There are further hits after these.
    package var more: Bool
    /// The log that they are of.
    package var log: LogIdentity
}
