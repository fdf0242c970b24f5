import IMAP

/// One copy of a tracked message in a folder, as the planner sees it.
package struct CopyView: Sendable, Equatable {
    package var uid: UID
    /// Keywords and flags as last read from the server.
    package var seen: Set<Flag>
    package var standing: Standing
    /// Marks that the user removed, with the evidence there was at that moment.
    package var withdrawn: [Mark: Int]
    /// Marks that this folder would not keep.
    package var refused: Set<Mark>
    /// Marks that stay although the evidence at hand does not prove them: see ``Standing/kept(of:feedIsComplete:)``.
    package var kept: Set<Mark>

    package init(
        uid: UID, seen: Set<Flag>, standing: Standing, withdrawn: [Mark: Int] = [:], refused: Set<Mark> = [],
        kept: Set<Mark> = []
    ) {
        self.uid = uid
        self.seen = seen
        self.standing = standing
        self.withdrawn = withdrawn
        self.refused = refused
        self.kept = kept
    }
}

/// One UID STORE that is due.
package struct StoreOrder: Sendable, Equatable {
    package var action: StoreAction
    package var mark: Mark
    package var keyword: String
    package var uids: UIDSet

    package init(action: StoreAction, mark: Mark, keyword: String, uids: UIDSet) {
        self.action = action
        self.mark = mark
        self.keyword = keyword
        self.uids = uids
    }
}

/// Wanted − seen: the fewest STOREs that bring the copies of a folder to what the evidence says.
package enum KeywordPlan {
    /// Adds come before removals, so that a message is never without its status in between.
    package static func orders(for copies: [CopyView], names: KeywordNames) -> [StoreOrder] {
        var add: [Mark: [UID]] = [:]
        var remove: [Mark: [UID]] = [:]
        for copy in copies {
            let isOverruled = copy.seen.contains(KeywordNames.notMe)
            let proven = copy.standing.marks(overruled: isOverruled)
            let kept = isOverruled ? [] : copy.kept
            for (mark, keyword) in names.names {
                let present = copy.seen.contains(Flag(spelling: keyword))
                guard !copy.refused.contains(mark), proven.contains(mark) != present else { continue }
                if present {
                    if kept.contains(mark) { continue }
                    remove[mark, default: []].append(copy.uid)
                } else if !isWithdrawn(mark, copy) {
                    add[mark, default: []].append(copy.uid)
                }
            }
        }
        return orders(.add, add, names) + orders(.remove, remove, names)
    }

    /// Marks that were on the message and are gone: the user removed them. Not those that we take off ourselves: a STORE
    /// may have been carried out of which we never heard.
    package static func withdrawn(
        before: Set<Flag>, after: Set<Flag>, standing: Standing, names: KeywordNames
    ) -> Set<Mark> {
        let proven = standing.marks(overruled: before.contains(KeywordNames.notMe))
        return Set(before.subtracting(after).compactMap { names.mark(of: $0) }).intersection(proven)
    }

    private static func isWithdrawn(_ mark: Mark, _ copy: CopyView) -> Bool {
        copy.withdrawn[mark].map { copy.standing.evidence <= $0 } ?? false
    }

    private static func orders(_ action: StoreAction, _ uids: [Mark: [UID]], _ names: KeywordNames) -> [StoreOrder] {
        uids.sorted { $0.key < $1.key }.compactMap { mark, uids in
            names.names[mark].map { StoreOrder(action: action, mark: mark, keyword: $0, uids: UIDSet(uids)) }
        }
    }
}
