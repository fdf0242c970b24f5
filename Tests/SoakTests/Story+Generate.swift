import Servers

extension Story {
    init(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let serverClass = random.element(of: [ServerClass.qresync, .qresync, .condstore, .plain]) ?? .plain
        var quirks: Set<Quirk> = []
        for quirk in Quirk.allCases where random.chance(percent: quirk.percent) { quirks.insert(quirk) }
        self.seed = seed
        self.serverClass = serverClass
        self.quirks = quirks
        software = random.chance(percent: 60) ? .unknown : random.element(of: Software.allCases) ?? .unknown
        showing = random.chance(percent: 50) ? .keywords : random.element(of: Showing.allCases) ?? .keywords
        watchesReplies = random.chance(percent: 35)
        // An outbox needs a mailbox whose messages can be read and deleted.
        hasOutbox = random.chance(percent: 30) && quirks.isDisjoint(with: [.readOnly, .refusesSick, .garblesSick])
        brokenKeyword = random.element(of: ["tracked", "opened", "reached"]) ?? "opened"
        chunk = random.element(of: [1, 2, 5, 500]) ?? 500
        var steps: [Step] = []
        // What was there before the agent came.
        for _ in 0..<random.below(10) { steps.append(Step(gap: 0, operation: .anAppend(&random))) }
        for _ in 0..<(10 + random.below(50)) {
            // Many at rest, many at once, some in the middle of everything.
            let gap = random.element(of: [0, 0, random.below(10), random.below(40), Step.rest]) ?? 0
            steps.append(
                Step(
                    gap: gap,
                    operation: .any(&random, watchesReplies: watchesReplies, hasOutbox: hasOutbox)))
        }
        self.steps = steps
    }
}

extension Operation {
    fileprivate static func any(
        _ random: inout SplitMix64, watchesReplies: Bool, hasOutbox: Bool
    ) -> Operation {
        if watchesReplies, random.chance(percent: 15) { return .inInbox(&random) }
        return hasOutbox && random.chance(percent: 8) ? .aDraft(&random) : .any(&random)
    }
}

extension Story.Step {
    /// Longer than anything takes: the step waits until the agent has nothing to do.
    static let rest = 100_000
}

extension Quirk {
    /// How often it is met.
    fileprivate var percent: Int {
        switch self {
        case .readOnly, .fixedKeywords, .noModSeq, .enableUnanswered, .resyncRefused: 5
        case .dropsKeyword, .refusesKeyword, .since, .overflows, .refusesCompression, .findsNoText: 8
        case .noIdle, .noEsearch, .descending, .newsBeforePlus, .silentGap, .flagsWithoutUID, .wideVanished, .shortLog,
            .noUIDNext, .shrinkingUIDNext, .noMove, .loudStore, .upperCase, .refusesSick, .garblesSick, .notifies,
            .compresses:
            25
        }
    }
}

extension Operation {
    fileprivate static func anAppend(_ random: inout SplitMix64) -> Operation {
        let kinds = Kind.allCases.filter { $0 != .filed } + [.tracked, .tracked, .tracked]
        let carried = random.element(of: ["tracked", "opened", "reached", "not-me"])
        return .append(
            random.element(of: kinds) ?? .tracked, pick: random.below(1000),
            carries: random.chance(percent: 10) ? carried : nil, isSick: random.chance(percent: 8))
    }

    fileprivate static func aDraft(_ random: inout SplitMix64) -> Operation {
        .draft(
            random.chance(percent: 40) ? .accepted : random.element(of: Provider.Turn.allCases) ?? .accepted,
            hasOwnID: random.chance(percent: 70), isTracked: random.chance(percent: 80))
    }

    fileprivate static func inInbox(_ random: inout SplitMix64) -> Operation {
        let pick = random.below(1000)
        if random.chance(percent: 30) { return .read(pick: pick) }
        return .answer(
            random.element(of: Answer.allCases + [.reply, .reply]) ?? .reply, pick: pick,
            isRead: random.chance(percent: 20))
    }

    fileprivate static func any(_ random: inout SplitMix64) -> Operation {
        // What happens to one message several times is worth more than what happens to many once.
        let pick = random.below(random.chance(percent: 50) ? 3 : 1000)
        switch random.below(100) {
        case 0..<18: return anAppend(&random)
        case 18..<22: return .expunge(pick: pick)
        case 22..<26: return .archive(pick: pick)
        case 26..<28: return .unarchive(pick: pick)
        case 28..<32:
            let flag = random.element(of: ["\\Flagged", "$Label1", "\\Answered"]) ?? ""
            return .flag(flag, random.chance(percent: 70), pick: pick)
        case 32..<38: return .flag("not-me", random.chance(percent: 50), pick: pick)
        case 38..<42:
            return .addMark(random.element(of: ["tracked", "opened", "reached", "replied"]) ?? "", pick: pick)
        case 42..<50: return .removeMark(pick: pick)
        case 50..<66: return .hit(random.chance(percent: 60) ? .person : .scanner, pick: pick)
        case 66..<72: return .pull(judges: random.chance(percent: 70))
        case 72..<79: return .cutReceived(after: random.below(1200))
        case 79..<86: return .cutSent(after: random.below(300))
        case 86..<88: return .bye
        case 88..<90: return .busy
        case 90..<95: return .crash
        case 95..<96: return .loseDatabase
        case 96..<98: return .renumber(from: random.element(of: [1, 2, 4, 1000]) ?? 1)
        default: return .turnBack
        }
    }
}
