import Opens
import Synchronization

/// Families of the User-Agents that were seen lately. To find one takes some eighty searches in the text, and a few hundred
/// texts make up nearly all requests.
final class FamilyCache: Sendable {
    /// Longer texts are looked up each time, and all are forgotten when there are so many.
    static let lengthLimit = 512
    static let limit = 1024

    private let known = Mutex<[String: ClientFamily]>([:])

    func family(of userAgent: String?) -> ClientFamily {
        guard let userAgent, userAgent.utf8.count <= Self.lengthLimit else { return ClientFamily(userAgent: userAgent) }
        if let family = known.withLock({ $0[userAgent] }) { return family }
        let family = ClientFamily(userAgent: userAgent)
        known.withLock { known in
            if known.count >= Self.limit { known.removeAll(keepingCapacity: true) }
            known[userAgent] = family
        }
        return family
    }
}
