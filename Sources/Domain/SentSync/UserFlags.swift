import IMAP

/// What of a message's flags tells of a person at the mailbox.
package enum UserFlags {
    /// Whether somebody touched a message whose flags were `before` and are `after`: marked it as seen or unseen, flagged or
    /// answered it, gave it a keyword or took one off. What we write ourselves, and what servers and programs set without
    /// anybody's doing, is no touch.
    package static func areTouched(before: Set<Flag>, after: Set<Flag>, signs: Signs) -> Bool {
        before.symmetricDifference(after).contains { flag in
            !automatic.contains(flag) && !signs.all.contains { $0.isShown(by: flag) }
        }
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

extension Sign {
    /// Whether the flag, or what comes and goes with it, is how the sign is shown.
    fileprivate func isShown(by flag: Flag) -> Bool {
        switch projection {
        case .keyword: flag == Flag(spelling: text)
        case .color: flag == .flagged || FlagColor.allBits.contains(flag)
        case .label, .copy: false
        }
    }
}
