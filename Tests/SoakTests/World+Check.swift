import IMAP
import SentSync

extension World {
    /// What is wrong when the agent has come to rest.
    /// - Parameter isRenewed: every tracked message has new evidence, so that what was withdrawn is wanted again.
    func problems(knowledge: Knowledge, isRenewed: Bool) -> [String] {
        var problems = violations
        let copies = knowledge.copies[.sent] ?? [:]
        let ghosts = copies.keys.filter { !tracked($0) }.sorted()
        if !ghosts.isEmpty { problems.append("\(ghosts) are believed to be tracked messages") }
        for uid in uids {
            guard let letter = letter(uid) else { continue }
            let isParked = knowledge.parked.contains(uid)
            if isParked, !letter.isSick { problems.append("\(uid) was set aside and is not sick") }
            if let believed = copies[uid] {
                // Labels that have not been read are not believed to be anything.
                let isRead = !showing.hasLabels || knowledge.hasLabels.contains(uid)
                let seen = isRead ? flags(uid) : mailbox.messages[uid]?.flags ?? []
                if believed != seen { problems.append("\(uid) is believed to have \(believed), and has \(seen)") }
            }
            let isExamined = !isParked && !(letter.isOld && quirks.contains(.since))
            for problem in self.problems(of: uid, letter, isExamined: isExamined, isRenewed: isRenewed) {
                let words = flags(uid).map(\.spelling).sorted().joined(separator: " ")
                problems.append("\(uid) (\(letter.kind.rawValue)), which has (\(words)), \(problem)")
            }
        }
        return problems + archiveProblems(knowledge, isRenewed: isRenewed) + copyProblems(isRenewed: isRenewed)
            + inboxProblems(knowledge) + outboxProblems()
    }

    /// What was moved is followed; what is there of it is seen when there is something to write.
    private func archiveProblems(_ knowledge: Knowledge, isRenewed: Bool) -> [String] {
        let known = knowledge.copies[.archive] ?? [:]
        return uids(in: .archive).flatMap { uid -> [String] in
            guard let letter = letter(uid, in: .archive) else { return [] }
            let flags = flags(uid, in: .archive)
            var problems: [String] = []
            let others = flags.symmetricDifference(letter.flags).subtracting(ours)
            if !others.isEmpty { problems.append("lost or gained what is not ours: \(others)") }
            guard let token = letter.token else {
                if flags != letter.flags { problems.append("is not tracked and was changed") }
                return problems.map { "Archive \(uid) (\(letter.kind.rawValue)) \($0)" }
            }
            let isFollowed = known[uid] != nil
            let canBeFound =
                letter.wasKnown && !letter.isSick && !letter.isOld && knowledge.lost.contains(letter.messageID)
            if canBeFound, !isFollowed { problems.append("was not followed") }
            let isRenewed = isRenewed && self.isRenewed(token)
            if isRenewed, isFollowed, !quirks.contains(.readOnly), showing == .colors {
                if keepsColors { problems += colorProblems(token, letter, flags, isRenewed: true) }
            } else if isRenewed, isFollowed, !quirks.contains(.readOnly) {
                let missing = wanted(token, flags).subtracting(flags).filter(keeps)
                if !missing.isEmpty { problems.append("lacks \(missing)") }
            }
            return problems.map { "Archive \(uid) (\(letter.kind.rawValue)) \($0)" }
        }
    }

    /// Each message that was opened is there once, and no other.
    private func copyProblems(isRenewed: Bool) -> [String] {
        let copied = uids(in: .copies).compactMap { letter($0, in: .copies) }
        var problems = Dictionary(grouping: copied, by: \.messageID).filter { $0.value.count > 1 }.map {
            "\($0.key) was copied \($0.value.count) times"
        }
        // Whose token it was that was sent, a lost database no longer says.
        let told = copied.filter { $0.kind != .filed || $0.token != nil }
        problems += told.filter { letter in !feed.contains { $0.token == letter.token && $0.method == "GET" } }.map {
            "\($0.messageID) was copied, and nobody has opened it"
        }
        guard showing == .copies, isRenewed else { return problems }
        for uid in uids {
            guard let letter = letter(uid), let token = letter.token, !letter.isSick, !letter.isOld,
                judgement(token).status == .opened,
                !flags(uid).contains(KeywordNames.notMe), !copied.contains(where: { $0.token == token })
            else { continue }
            problems.append("\(uid) was opened and not copied")
        }
        return problems
    }

    private func problems(of uid: UInt32, _ letter: Letter, isExamined: Bool, isRenewed: Bool) -> [String] {
        let flags = flags(uid)
        var problems: [String] = []
        let others = flags.symmetricDifference(letter.flags).subtracting(ours)
        if !others.isEmpty { problems.append("lost or gained what is not ours: \(others)") }
        guard let token = letter.token else {
            if flags != letter.flags { problems.append("is not tracked and was changed") }
            return problems
        }
        if quirks.contains(.readOnly) || !isExamined { return problems }
        let isRenewed = isRenewed && self.isRenewed(token)
        if showing == .colors {
            return problems + (keepsColors ? colorProblems(token, letter, flags, isRenewed: isRenewed) : [])
        }
        let wanted = wanted(token, flags)
        let proven = judgement(token).tally.evidence > 0
        for mark in Self.marks.sorted(by: { $0.spelling < $1.spelling }) where keeps(mark) {
            switch (wanted.contains(mark), flags.contains(mark)) {
            case (true, false) where isRenewed || !isWithdrawn(mark, token): problems.append("lacks \(mark)")
            case (true, true) where letter.withdrawn.contains(mark) && !isRenewed:
                problems.append("has \(mark) again, which the user took away")
            case (false, true) where proven || !mayInherit.contains(Marking(token: token, keyword: mark)):
                problems.append("has \(mark), which nothing proves")
            default: break
            }
        }
        return problems
    }

    /// Whether anybody may have been taken for withdrawing the keyword, from whatever copy.
    func isWithdrawn(_ mark: Flag, _ token: String) -> Bool {
        removed.contains(Marking(token: token, keyword: mark))
    }

    /// A STORE has come: is it one that may be sent?
    mutating func check(
        storeTo set: UIDSet, in folder: Folder, _ action: StoreAction, _ flags: [Flag], isSilent: Bool,
        isReadOnly: Bool, areLabels: Bool = false
    ) {
        if folder.isOfOutbox, action == .add, flags == [.deleted] { return }
        stores.append((Set(flags), areLabels))
        let isShown = areLabels ? showing.hasLabels : showing != .labels
        if !isShown { violations.append("a STORE of what is not to be shown: \(flags)") }
        let areKept = flags.contains { keepsAsItIs($0) && !doubted.contains($0) }
        if showing == .automatic, areLabels, action == .add, areKept {
            violations.append("a label for a keyword that the server keeps: \(flags)")
        }
        if isReadOnly { violations.append("a STORE to a read-only folder") }
        if !isSilent || action == .replace { violations.append("a STORE that is not silent, or replaces flags") }
        let foreign = flags.filter { !ours.contains($0) }
        if !foreign.isEmpty { violations.append("a STORE of \(foreign)") }
        check(set, in: folder, "STORE")
    }

    /// A COPY has come.
    mutating func check(copyOf set: UIDSet, in folder: Folder) {
        if showing != .copies { violations.append("a COPY that nobody wants") }
        check(set, in: folder, "COPY")
    }

    private mutating func check(_ set: UIDSet, in folder: Folder, _ what: String) {
        guard set.count < 1000 else { return violations.append("a \(what) of \(set)") }
        for uid in set.uids.map(\.rawValue) where !(everTracked[folder]?.contains(uid) ?? false) {
            let kind = letter(uid, in: folder)?.kind.rawValue ?? "none"
            violations.append("a \(what) of \(uid) in \(folder.rawValue), which is no tracked message (\(kind))")
        }
    }
}
