import IMAP

/// What of a message's flags tells of a person at the mailbox.
package enum UserFlags {
    /// Whether somebody touched a message whose flags were `before` and are `after`: marked it as seen or unseen, flagged or
    /// answered it, gave it a keyword or took one off. What we write ourselves, and what servers and programs set without
    /// anybody's doing, is no touch.
    package static func areTouched(before: Set<Flag>, after: Set<Flag>, signs: Signs) -> Bool {
        let ours = signs.all.reduce(into: Set<Flag>()) { ours, sign in
            switch sign.projection {
            case .keyword: ours.insert(Flag(spelling: sign.text))
            case .color: ours.formUnion([.flagged] + FlagColor.allBits)
            case .label, .copy: break
            }
        }
        return !before.symmetricDifference(after).subtracting(ours).isSubset(of: automatic)
    }

    /// `\Deleted` goes with a copy that is replaced by a clean one; the others are set by servers when they take or show a
    /// message (Dovecot: `mail_attachment_detection_options`), by spam filters, and by FairEmail when a receipt comes.
    private static let automatic = Set(
        [
            "\\Recent", "\\Deleted", "\\Draft", "$HasAttachment", "$HasNoAttachment", "Junk", "$Junk", "NonJunk",
            "NotJunk",
            "$NotJunk", "$MDNSent", "$Delivered", "$NotDelivered", "$Displayed", "$NotDisplayed",
        ].map(Flag.init(spelling:)))
}
