import IMAP

/// One copy of a tracked message in a folder, as the planner sees it.
package struct CopyView: Sendable, Equatable {
    package var uid: UID
    /// As last read from the server.
    package var seen: SeenOnServer
    package var standing: Standing
    /// Without brackets; `nil` if the header is missing.
    package var messageID: String?
    /// Marks that the user removed, with the evidence there was at that moment.
    package var withdrawn: [Mark: Int] = [:]
    /// What this folder, or this copy, would not keep.
    package var refused: Set<Sign> = []
    /// Marks that stay although the evidence at hand does not prove them: see ``Standing/kept(of:feedIsComplete:)``.
    package var kept: Set<Mark> = []
    package var paint = Paint()
    /// Whether the message is in the user's folder of copies, or was.
    package var isCopied = false

    package init(uid: UID, seen: SeenOnServer, standing: Standing, messageID: String? = nil) {
        self.uid = uid
        self.seen = seen
        self.standing = standing
        self.messageID = messageID
    }

    package func shows(_ sign: Sign) -> Bool { sign.projection == .copy ? isCopied : seen.shows(sign) }
}

/// Wanted − seen: the fewest commands that bring the copies of a folder to what the evidence says.
package enum KeywordPlan {
    /// Adds come before removals, so that a message is never without its status in between.
    package static func orders(for copies: [CopyView], signs: Signs) -> [StoreOrder] {
        var add: [Sign: [UID]] = [:]
        var remove: [Sign: [UID]] = [:]
        var copied: Set<String> = []
        for copy in copies {
            let isOverruled = copy.seen.flags.contains(KeywordNames.notMe)
            let proven = copy.standing.marks(overruled: isOverruled)
            let kept = isOverruled ? [] : copy.kept
            let wanted = ColorChoice(copy, proven: proven, signs: signs)
            for sign in signs.all where !copy.refused.contains(sign) {
                let isShown = copy.shows(sign)
                let isWanted = sign.projection == .color ? wanted.wants(sign) : proven.contains(sign.mark)
                guard isWanted != isShown, sign.projection != .color || wanted.isOurs else { continue }
                if isShown {
                    // Copies are the user's; a colour that another one replaces goes with it.
                    if kept.contains(sign.mark) || sign.projection == .copy || wanted.replaces(sign) { continue }
                    remove[sign, default: []].append(copy.uid)
                } else if !isWithdrawn(sign.mark, copy), mayAdd(sign, to: copy, signs) {
                    // Of several copies of a message, one is enough.
                    if sign.projection == .copy, !copied.insert(copy.messageID ?? "").inserted { continue }
                    add[sign, default: []].append(copy.uid)
                }
            }
        }
        return orders(.add, add) + orders(.remove, remove)
    }

    /// Marks whose sign was on the message and is gone: the user removed it. Not those that we take off ourselves: a STORE
    /// may have been carried out of which we never heard.
    package static func withdrawn(
        before: SeenOnServer, after: SeenOnServer, standing: Standing, signs: Signs
    ) -> Set<Sign> {
        let proven = standing.marks(overruled: before.flags.contains(KeywordNames.notMe))
        // Another colour is no answer to ours, and it is left alone by itself.
        return signs.shown(in: before).subtracting(signs.shown(in: after)).filter {
            proven.contains($0.mark) && ($0.projection != .color || !after.flags.contains(.flagged))
        }
    }

    private static func isWithdrawn(_ mark: Mark, _ copy: CopyView) -> Bool {
        copy.withdrawn[mark].map { copy.standing.evidence <= $0 } ?? false
    }

    private static func mayAdd(_ sign: Sign, to copy: CopyView, _ signs: Signs) -> Bool {
        // Without a Message-ID nobody could tell, after an interruption, whether it was copied.
        if sign.projection == .copy { return copy.messageID != nil }
        guard signs.standIns.contains(sign.projection) else { return true }
        return copy.refused.contains { $0.projection == .keyword && $0.mark == sign.mark }
    }

    private static func orders(_ action: StoreAction, _ uids: [Sign: [UID]]) -> [StoreOrder] {
        uids.sorted { $0.key < $1.key }.map { StoreOrder(action: action, sign: $0, uids: UIDSet($1)) }
    }
}

/// Of colours a message has one: that of the strongest mark.
private struct ColorChoice {
    /// Whether there is no flag yet, or one that we set.
    let isOurs: Bool
    private let wanted: Sign?

    init(_ copy: CopyView, proven: Set<Mark>, signs: Signs) {
        isOurs = !copy.seen.flags.contains(.flagged) || copy.paint.accounts(for: copy.seen.flags)
        wanted =
            Mark.strongestFirst.lazy.filter(proven.contains).compactMap { mark in
                signs.all.first { $0.projection == .color && $0.mark == mark }
            }.first
    }

    func wants(_ sign: Sign) -> Bool { sign == wanted }
    func replaces(_ sign: Sign) -> Bool { sign.projection == .color && wanted != nil }
}
