import FoundationEssentials
import Opens
import Secrets
import Tokens

/// Makes hits of what a provider tells. Of an address nothing is kept but the kind of its network and a keyed hash of it,
/// as the pixel server keeps them.
struct ProviderHits: Sendable {
    let key: StreamKey
    /// Nothing is kept but the time, what it is of, the kind of network, the kind of client and what the provider says.
    let isMinimal: Bool
    let lookup: NetworkLookup

    /// `nil` for an event that names no mail by which it could be known.
    func hit(_ event: ProviderEvent) -> Hit? {
        guard let token = token(event), let seq = Self.number(event) else { return nil }
        let address = event.address.flatMap { IPAddress(Substring($0)) }
        let origin = address.map(lookup) ?? NetworkOrigin()
        let agent = event.userAgent.map { String($0.unicodeScalars.prefix(Hit.userAgentLimit)) }
        let family = ClientFamily(userAgent: agent)
        guard !isMinimal else {
            return Hit(
                seq: seq, at: event.at, token: token, method: nil, netclass: origin.netclass, family: family,
                signals: event.signals)
        }
        let headers = agent.map { [(name: "User-Agent", value: $0)] } ?? []
        return Hit(
            seq: seq, at: event.at, token: token, net: address.flatMap { net($0, event.at) },
            netclass: origin.netclass, asn: origin.asn, ua: agent, family: family,
            signals: Signal.signals(headers: headers, method: "GET").union(event.signals))
    }

    /// Our own tokens are known by their signature alone, and a provider has none to show for them.
    private func token(_ event: ProviderEvent) -> String? {
        if let token = event.token?.lowercased() {
            let isUsable = token.utf8.count <= 512 && Token(token) == nil && MessageName(token) == nil
            return isUsable ? token : nil
        }
        return event.messageID.flatMap { MessageName(messageID: $0, recipient: event.recipient)?.text }
    }

    /// The event's number: of its time and a hash of its identifier, so that it is the same whenever it is told, and that
    /// numbers go with the time.
    private static func number(_ event: ProviderEvent) -> Int64? {
        let id = Array(event.id.joined(separator: "\u{0}").utf8)
        guard let hash = KeyedHash.sha256(id) else { return nil }
        let low = Int64(hash[0]) << 16 | Int64(hash[1]) << 8 | Int64(hash[2])
        // Milliseconds of the years 2000 to 2200 have 43 bits at most.
        return event.at.milliseconds << 20 | low >> 4
    }

    /// Equal within a day means the same /24 or /48.
    private func net(_ address: IPAddress, _ at: Date) -> String? {
        key.networkName(address.network.description, day: Int64((at.timeIntervalSince1970 / 86_400).rounded(.down)))
    }
}
