import IMAP
import SentSync

extension World {
    /// What is wrong when the agent has come to rest.
    /// - Parameter isRenewed: every tracked message has new evidence, so that what was withdrawn is wanted again.
    func problems(knowledge: Knowledge, isRenewed: Bool) -> [String] {
        var problems = violations
        let ghosts = knowledge.copies.keys.filter { !tracked($0) }.sorted()
        if !ghosts.isEmpty { problems.append("\(ghosts) are believed to be tracked messages") }
        for uid in uids {
            guard let letter = letter(uid) else { continue }
            let isParked = knowledge.parked.contains(uid)
            if isParked, !letter.isSick { problems.append("\(uid) was set aside and is not sick") }
            if let believed = knowledge.copies[uid], believed != flags(uid) {
                problems.append("\(uid) is believed to have \(believed), and has \(flags(uid))")
            }
            let isExamined = !isParked && !(letter.isOld && quirks.contains(.since))
            for problem in self.problems(of: uid, letter, isExamined: isExamined, isRenewed: isRenewed) {
                let words = flags(uid).map(\.spelling).sorted().joined(separator: " ")
                problems.append("\(uid) (\(letter.kind.rawValue)), which has (\(words)), \(problem)")
            }
        }
        return problems
    }

    private func problems(of uid: UInt32, _ letter: Letter, isExamined: Bool, isRenewed: Bool) -> [String] {
        let flags = flags(uid)
        var problems: [String] = []
        let others = flags.subtracting(Self.marks).symmetricDifference(letter.flags.subtracting(Self.marks))
        if !others.isEmpty { problems.append("lost or gained what is not ours: \(others)") }
        guard let token = letter.token else {
            if flags != letter.flags { problems.append("is not tracked and was changed") }
            return problems
        }
        if quirks.contains(.readOnly) || !isExamined { return problems }
        let wanted = wanted(token, flags)
        let proven = judgement(token).verdicts.count > 0
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
    private func isWithdrawn(_ mark: Flag, _ token: String) -> Bool {
        removed.contains(Marking(token: token, keyword: mark))
    }

    /// A STORE has come: is it one that may be sent?
    mutating func check(
        storeTo set: UIDSet, _ action: StoreAction, _ flags: [Flag], isSilent: Bool, isReadOnly: Bool
    ) {
        stores.append(Set(flags))
        if isReadOnly { violations.append("a STORE to a read-only folder") }
        if !isSilent || action == .replace { violations.append("a STORE that is not silent, or replaces flags") }
        let foreign = flags.filter { !Self.marks.contains($0) }
        if !foreign.isEmpty { violations.append("a STORE of \(foreign)") }
        guard set.count < 1000 else { return violations.append("a STORE to \(set)") }
        for uid in set.uids.map(\.rawValue) where !everTracked.contains(uid) {
            let kind = letter(uid)?.kind.rawValue ?? "none"
            violations.append("a STORE to \(uid), which is no tracked message (\(kind))")
        }
    }
}
