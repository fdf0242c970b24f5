import IMAP
import SentSync

/// Where flags in colours are what is shown. A flag that somebody else has coloured stays as it is.
extension World {
    /// What a coloured flag of ours would be, whatever the user did.
    private func wantedColor(_ token: String, _ flags: Set<Flag>) -> (mark: Mark, color: FlagColor)? {
        let wanted = wanted(token, flags)
        return Mark.strongestFirst.lazy.filter { wanted.contains(Flag(spelling: $0.rawValue)) }.compactMap { mark in
            Showing.colorOfMark[mark].map { (mark, $0) }
        }.first
    }

    /// The mark that a flag of ours on this message shows.
    func shownColor(_ uid: UInt32) -> Mark? {
        guard let letter = letter(uid), letter.token != nil, letter.flags.isDisjoint(with: Showing.colorFlags),
            let color = FlagColor(flags(uid))
        else { return nil }
        return Showing.colorOfMark.first { $0.value == color }?.key
    }

    /// Somebody colours the flag, or takes it off.
    mutating func paint(_ color: FlagColor?, _ uid: UInt32) {
        guard let id = mailbox.messages[uid]?.id else { return }
        let flags = color?.flags ?? []
        let before = self.flags(uid)
        for flag in Showing.colorFlags where flags.contains(flag) != before.contains(flag) {
            mailbox.setFlag(flag.spelling, flags.contains(flag), of: uid)
        }
        letters[id]?.flags.subtract(Showing.colorFlags)
        letters[id]?.flags.formUnion(flags)
        letters[id]?.withdrawn = []
        guard color == nil, let token = letters[id]?.token else { return }
        for mark in Showing.colorOfMark.keys {
            removed.insert(Marking(token: token, keyword: Flag(spelling: mark.rawValue)))
        }
    }

    /// A database that knows nothing takes each coloured flag for the user's.
    mutating func inheritColors() {
        for folder in Folder.watched {
            for message in self[folder].messages.values {
                letters[message.id]?.flags.formUnion(message.flags.intersection(Showing.colorFlags))
            }
        }
    }

    /// What is wrong with the flag of a tracked message.
    func colorProblems(_ token: String, _ letter: Letter, _ flags: Set<Flag>, isRenewed: Bool) -> [String] {
        let shown = flags.intersection(Showing.colorFlags)
        let users = letter.flags.intersection(Showing.colorFlags)
        if users == Showing.userColor.flags { return shown == users ? [] : ["lost the user's colour: \(users)"] }
        let wanted = wantedColor(token, flags)
        if shown == wanted?.color.flags ?? [] {
            guard let wanted, !isRenewed, letter.withdrawn.contains(Flag(spelling: wanted.mark.rawValue)) else {
                return []
            }
            return ["is \(wanted.color.rawValue) again, which the user took away"]
        }
        // Of a colour of ours that an earlier database knew of, and of its copies elsewhere, nobody can tell whose it is.
        if shown == users, !users.isEmpty { return [] }
        // Taken off another copy, where it was a stronger one.
        let isOurs = shown.isEmpty || Showing.colorOfMark.values.contains { $0.flags == shown }
        if let wanted, isOurs, !isRenewed, isWithdrawn(Flag(spelling: wanted.mark.rawValue), token) { return [] }
        return ["is not \(wanted?.color.rawValue ?? "without a flag")"]
    }
}
