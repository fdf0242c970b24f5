import Foundation
import Opens
import Synchronization
import Tokens

/// The networks from which a stream's agent has pulled in the last 24 hours; kept in memory alone.
final class SelfNetworks: Sendable {
    private static let lifetime: TimeInterval = 86_400
    private static let limit = 64
    private let seen = Mutex<[StreamID: [IPPrefix: Date]]>([:])

    func note(_ network: IPPrefix, of stream: StreamID, now: Date) {
        seen.withLock { seen in
            var networks = seen[stream] ?? [:]
            networks[network] = now
            if networks.count > Self.limit, let oldest = networks.min(by: { $0.value < $1.value }) {
                networks[oldest.key] = nil
            }
            seen[stream] = networks
        }
    }

    func contains(_ network: IPPrefix, of stream: StreamID, now: Date) -> Bool {
        guard let last = seen.withLock({ $0[stream]?[network] }) else { return false }
        return now.timeIntervalSince(last) < Self.lifetime
    }
}
