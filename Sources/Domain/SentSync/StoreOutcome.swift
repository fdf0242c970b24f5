import IMAP

/// How the commands that carried out a plan ended, as far as their answers tell; the read-back tells the rest.
package struct StoreOutcome: Sendable, Equatable {
    package struct Messages: Sendable, Equatable {
        package var uids: UIDSet
        package var reason: String
    }

    /// What the folder would not keep, with the server's words.
    package var refused: [Sign: String]
    /// What single messages would not take.
    package private(set) var refusedMessages: [Sign: Messages] = [:]
    /// Some of the messages were left out, and the server does not say which.
    package private(set) var partial: Set<Sign> = []

    package init(refused: [Sign: String] = [:]) { self.refused = refused }

    package mutating func refuse(_ sign: Sign, _ uids: UIDSet, _ reason: String) {
        let before = refusedMessages[sign]?.uids ?? UIDSet()
        refusedMessages[sign] = Messages(uids: before.union(uids), reason: reason)
    }

    package mutating func isPartial(_ sign: Sign) { partial.insert(sign) }
}
