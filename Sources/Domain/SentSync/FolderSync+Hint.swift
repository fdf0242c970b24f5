import IMAP

/// In a long first scan the server is asked where it would look, so that tracked messages are marked early. All others
/// are examined all the same: servers decode, index and tokenise in their own ways.
struct Hint: Sendable {
    enum Stage: Sendable, Equatable {
        case waiting
        /// Asked about two messages of which the answer is known.
        case testing(tracked: UID)
        case asking
        case over
    }

    var stage = Stage.waiting
    /// To be examined before the others.
    var first = UIDSet()
    private var examined = 0
    private var spent = Duration.zero
    private var tracked: UID?
    private var untracked: UID?

    mutating func note(_ messages: [ExaminedMessage], of chunk: Chunk) {
        guard chunk.newsFrom == nil else { return }
        examined += chunk.uids.count
        spent += chunk.spent
        tracked = tracked ?? messages.first { $0.tokens.contains(where: \.isOwnOfTheMessage) }?.uid
        untracked = untracked ?? chunk.uids.subtracting(UIDSet(messages.map(\.uid))).last
    }

    /// Two messages to try the server on, once the scan is known to take long.
    func sample(beforeExamining count: Int) -> (tracked: UID, untracked: UID)? {
        guard stage == .waiting, let tracked, let untracked, examined > 0 else { return nil }
        return spent * (Double(count) / Double(examined)) > SyncLimits.long ? (tracked, untracked) : nil
    }
}

extension FolderSync {
    mutating func nextHint() -> SyncRequest? {
        guard !state.scanComplete, policy.searchesText, let key = needle else { return nil }
        if hint.stage == .asking, hint.first.isEmpty {
            return .find(.and([.uid(backlog.covered(within: SyncLimits.shortSet)), key]))
        }
        guard !state.hinted, let sample = hint.sample(beforeExamining: backlog.count) else { return nil }
        hint.stage = .testing(tracked: sample.tracked)
        return .find(.and([.uid(UIDSet([sample.tracked, sample.untracked])), key]))
    }

    /// A server that finds just the tracked one of the two is asked about all. It is remembered before that, so that a
    /// server that breaks over it breaks once.
    mutating func hinted(_ answer: UIDSet) -> [Change] {
        switch hint.stage {
        case .testing(let tracked):
            hint.stage = answer == UIDSet(tracked) ? .asking : .over
            state.hinted = true
            return [.hinted]
        case .asking:
            hint.stage = .over
            // What points everywhere points nowhere.
            let first = backlog.intersection(answer)
            if first.count <= backlog.count / 2 { hint.first = first }
            return []
        case .waiting, .over:
            return []
        }
    }

    private var needle: SearchKey? {
        policy.needles.prefix(SyncLimits.needles).map(SearchKey.body).reduce(nil) { all, one in
            all.map { .or($0, one) } ?? one
        }
    }
}
