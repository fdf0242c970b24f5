import IMAP

/// How a server tells what has changed in a mailbox, the costliest first.
package enum ServerClass: String, Sendable, Comparable, CaseIterable {
    /// It does not: UIDs and flags are compared.
    case plain
    /// By modification sequences; messages that are gone are found by counting (RFC 7162, CONDSTORE).
    case condstore
    /// SELECT tells all, the messages that are gone included (RFC 7162, QRESYNC).
    case qresync

    /// What the server says of itself; a ``ServerPolicy`` may believe less.
    package init(offering capabilities: Capabilities) {
        if capabilities.contains(.qresync) {
            self = .qresync
        } else {
            self = capabilities.contains(.condstore) ? .condstore : .plain
        }
    }

    package static func < (a: ServerClass, b: ServerClass) -> Bool { a.rank < b.rank }

    private var rank: Int {
        switch self {
        case .plain: 0
        case .condstore: 1
        case .qresync: 2
        }
    }
}
