import IMAP

/// A server, as far as it is known: which one it is, what is special about it, and how to treat it.
package struct MailServer: Sendable {
    package let identity: ServerIdentity
    /// All that fit: a provider, and the software that it runs.
    package let profiles: [ServerProfile]
    /// Of all profiles, each once.
    package let quirks: [ServerQuirk]
    package let policy: ServerPolicy
    /// How the server is asked for changes; the runner lowers it when the server does not do what it offers.
    package var serverClass: ServerClass

    package init(_ identity: ServerIdentity) {
        self.identity = identity
        profiles = ServerProfile.all.filter { $0.fits(identity) }
        let named = Set(profiles.flatMap(\.quirks))
        quirks = ServerQuirk.allCases.filter(named.contains)
        policy = ServerPolicy(quirks: quirks, capabilities: identity.capabilities)
        serverClass = min(ServerClass(offering: identity.capabilities), policy.changeDetection)
    }

    /// What its class needs to be asked for with ENABLE.
    package var wanted: Capability? {
        guard identity.capabilities.contains(.enable) else { return nil }
        return switch serverClass {
        case .plain: nil
        case .condstore: .condstore
        case .qresync: .qresync
        }
    }

    /// Whether the server pushes news of a mailbox that waits in IDLE.
    package var pushesNews: Bool { policy.usesIdle && identity.capabilities.contains(.idle) }

    /// Whether what it pushes can hold more than numbers.
    package var pushesMessages: Bool { pushesNews && policy.usesNotify && identity.capabilities.contains(.notify) }
}
