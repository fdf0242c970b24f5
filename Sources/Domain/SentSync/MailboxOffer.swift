import IMAP

/// What a mailbox keeps of what is written on its messages, as far as SELECT and the server's capabilities tell.
package struct MailboxOffer: Sendable, Equatable {
    /// `nil` when the server did not say.
    package var permanentFlags: Set<Flag>?
    package var isReadOnly: Bool
    /// Whether a server that does not say keeps keywords.
    package var assumesKeywords: Bool
    /// Gmail's.
    package var hasLabels: Bool
    /// Why nothing can be copied to the user's folder.
    package var copyRefusal: String?

    package init(
        permanentFlags: Set<Flag>?, isReadOnly: Bool = false, assumesKeywords: Bool = true, hasLabels: Bool = false
    ) {
        self.permanentFlags = permanentFlags
        self.isReadOnly = isReadOnly
        self.assumesKeywords = assumesKeywords
        self.hasLabels = hasLabels
    }

    /// Why it cannot be kept here; `nil` if it can, as far as the server says.
    package func refusal(of sign: Sign) -> String? {
        // A message can be copied from anywhere.
        if isReadOnly, sign.projection != .copy { return "the folder is read-only" }
        return switch sign.projection {
        case .keyword: refusal(of: [Flag(spelling: sign.text)])
        case .color: refusal(of: [.flagged] + FlagColor.allBits)
        case .label: hasLabels ? nil : "the server has no labels (X-GM-EXT-1)"
        case .copy: copyRefusal
        }
    }

    private func refusal(of flags: [Flag]) -> String? {
        guard let permanentFlags else {
            return assumesKeywords ? nil : "this server has no keywords of its users' own, and lists none"
        }
        let isKept = flags.allSatisfy { permanentFlags.contains($0) || $0.isKeyword && permanentFlags.contains(.any) }
        return isKept ? nil : "the server has no keywords of its users' own (PERMANENTFLAGS without \\*)"
    }

    /// Of all signs, those that will be seen on messages here.
    package func kept(of signs: Signs) -> [Sign] {
        let refused = Set(signs.all.filter { refusal(of: $0) != nil })
        let withoutKeyword = Set(refused.filter { $0.projection == .keyword }.map(\.mark))
        return signs.all.filter { sign in
            !refused.contains(sign)
                && (!signs.standIns.contains(sign.projection) || withoutKeyword.contains(sign.mark))
        }
    }
}
