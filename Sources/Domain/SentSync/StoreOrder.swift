import IMAP

/// A sign that is due to be put on messages of a folder, or to be taken off.
package struct StoreOrder: Sendable, Equatable {
    package var action: StoreAction
    package var sign: Sign
    package var uids: UIDSet

    package init(action: StoreAction, sign: Sign, uids: UIDSet) {
        self.action = action
        self.sign = sign
        self.uids = uids
    }

    /// What carries it out, in this order; they may be under way at the same time.
    package var commands: [Command] {
        switch sign.projection {
        case .keyword: [.uidStore(uids, action, [Flag(spelling: sign.text)])]
        case .label: [.uidStoreLabels(uids, action, [MailboxName(sign.text)])]
        case .color: colorCommands
        case .copy: [.uidCopy(uids, MailboxName(sign.text))]
        }
    }

    private var colorCommands: [Command] {
        guard let color = FlagColor(rawValue: sign.text) else { return [] }
        let bits = color.bits.sorted { $0.spelling < $1.spelling }
        let others = color.otherBits.sorted { $0.spelling < $1.spelling }
        guard action == .add else { return [.uidStore(uids, .remove, [.flagged] + bits)] }
        return [.uidStore(uids, .add, [.flagged] + bits), .uidStore(uids, .remove, others)]
    }
}
