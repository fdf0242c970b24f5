import IMAP

/// The folder whose drafts are sent, and those below it that tell what becomes of them.
package struct OutboxFolders: Sendable, Equatable {
    package let outbox: MailboxName
    /// What is being sent lies here, out of everybody's way.
    package let sending: MailboxName
    package let refused: MailboxName
    package let notSure: MailboxName
    /// Those that are not there yet, parents first.
    package let missing: [MailboxName]

    /// - Parameters:
    ///   - name: as the user reads it; below INBOX too, where the server keeps all folders there.
    ///   - entries: what LIST said.
    package init(named name: String, among entries: [ListEntry]) {
        let selectable = entries.filter(\.isSelectable)
        let known =
            selectable.first { $0.name.display == name }
            ?? selectable.first { $0.path.count == 2 && $0.path.last == name }
        let delimiter = (known ?? selectable.first { $0.delimiter != nil })?.delimiter
        outbox = known?.name ?? Self.place(for: name, delimiter, among: selectable)
        let below = { [outbox] (leaf: String) in
            MailboxName(wire: outbox.wire + [delimiter ?? 0x20] + MailboxName(leaf).wire)
        }
        sending = below("Sending")
        refused = below("Refused")
        notSure = below("Not sure")
        let there = Set(selectable.map(\.name))
        missing = [outbox, sending, refused, notSure].filter { !there.contains($0) }
    }

    /// Where sent mail lies below INBOX, everything does (Courier, Cyrus with its older namespace).
    private static func place(for name: String, _ delimiter: UInt8?, among entries: [ListEntry]) -> MailboxName {
        let own = entries.first { $0.attributes.contains(.sent) } ?? entries.first { $0.name != .inbox }
        guard let delimiter, let own, own.path.count > 1, own.path[0].uppercased() == "INBOX" else {
            return MailboxName(name)
        }
        let prefix = own.name.wire.prefix(5) + [delimiter]
        return MailboxName(wire: Array(prefix) + MailboxName(name).wire)
    }
}
