import FoundationEssentials
import Tokens

/// Whole history in, verdicts out. Pure and deterministic: the same history, time and rules give the same judgement.
///
/// Facts of each hit, then evidence from the whole sequence (a later hit can change what an earlier one meant), then
/// the decision list, then duplicates, then the status.
package enum OpensEngine {
    package static func judge(_ history: History, now: Date, rules: Rules = .current) -> Judgement {
        // Callers promise ascending hits; a log restored or merged may break the promise, so order is made here.
        let order = history.hits.indices.sorted {
            (history.hits[$0].at, history.hits[$0].seq) < (history.hits[$1].at, history.hits[$1].seq)
        }
        var observations = observe(history, order: order)
        SequenceEvidence.gather(&observations, neighbours: history.neighbours)
        var verdicts = observations.map(rules.verdict(on:))
        collapse(&verdicts, observations, duplicate: rules.duplicate.verdict)

        var inOrderGiven = verdicts
        var tally = history.earlier
        var reviewAt: Date?
        for (position, index) in order.enumerated() {
            let (verdict, observation) = (verdicts[position], observations[position])
            inOrderGiven[index] = verdict
            let at = observation.hit.at
            if let start = history.countsFrom, at < start { continue }
            let isPending =
                verdict.personProbability >= Thresholds.maybe && observation.canBeOfBurst
                && now < at + Thresholds.burst
            tally.add(verdict, at: at, isPending: isPending)
            if isPending, reviewAt == nil { reviewAt = at + Thresholds.burst }
        }
        return Judgement(verdicts: inOrderGiven, tally: tally, reviewAt: reviewAt)
    }
}

private extension OpensEngine {
    static func observe(_ history: History, order: [Int]) -> [Observation] {
        let sender = Observation.SenderFacts(
            clients: history.ownClients,
            sharesDomain: !history.senderDomains.isDisjoint(with: history.recipientDomains),
            isRecipient: history.recipientIsSender && history.ownTokens.isEmpty)
        let first = [history.earlier.firstHit, order.first.map { history.hits[$0].at }].compactMap(\.self).min()
        let clocksAgree = History.clocksAgree(sentAt: history.sentAt, first: first)
        var copies: [String: Bool] = [:]
        return order.map { index in
            let hit = history.hits[index]
            let isCopy = copies[hit.token] ?? (Token(hit.token)?.recipient == Token.sendersCopy)
            copies[hit.token] = isCopy
            return Observation(hit, in: history, clocksAgree: clocksAgree, sender: sender, isSendersCopy: isCopy)
        }
    }

    /// Turns repeats of a hit that may be a person's into duplicates. Runs last: what a machine repeats stays what it is.
    static func collapse(_ verdicts: inout [Verdict], _ observations: [Observation], duplicate: Verdict) {
        var recent: [Reader: Int] = [:]
        var numbers = ReaderNumbers()
        for index in verdicts.indices where verdicts[index].personProbability >= Thresholds.maybe {
            let hit = observations[index].hit
            let line = numbers.reader(observations[index])
            let site = line.byOperatorOnly
            if let last = recent[line].map({ observations[$0].hit }),
                hit.at.timeIntervalSince(last.at) <= Thresholds.reading
            {
                verdicts[index] = duplicate
            } else if let last = recent[site].map({ observations[$0].hit }),
                hit.at.timeIntervalSince(last.at) <= Thresholds.reading,
                last.net == nil || hit.net == nil || last.day != hit.day
            {
                // A line unknown, or hashed under the keys of two days: its operator is all there is to compare.
                verdicts[index] = duplicate
            }
            recent[line] = index
            recent[site] = index
        }
    }
}

/// Who reads, as far as can be told: two hits of one reader within five minutes are one reading.
private struct Reader: Hashable {
    var token: Int
    var family: Int
    /// Phone and desktop of one maker are one family; a proxy's text says nothing of the reader. `nil`: not compared.
    var agent: Int?
    var asn: UInt32?
    var netclass: Int?
    var net: Int?
    var day: Int64?

    var byOperatorOnly: Reader {
        var site = self
        (site.net, site.day) = (nil, nil)
        return site
    }
}

/// Texts by number: each is hashed once and not with every reader.
private struct ReaderNumbers {
    private var numbers: [String: Int] = [:]

    mutating func reader(_ observation: Observation) -> Reader {
        let hit = observation.hit
        var reader = Reader(token: number(hit.token), family: number(observation.family.rawValue))
        if observation.kind != .mailProxy { reader.agent = hit.ua.map { number($0) } }
        reader.netclass = hit.netclass.map { number($0.rawValue) }
        // Proxies and relays change their exits between two fetches of one reader; lines of people do not.
        guard ![.mailService, .relay].contains(observation.role) else { return reader }
        reader.asn = hit.asn
        reader.net = hit.net.map { number($0) }
        reader.day = hit.net == nil ? nil : hit.day
        return reader
    }

    private mutating func number(_ text: String) -> Int {
        if let known = numbers[text] { return known }
        numbers[text] = numbers.count
        return numbers.count - 1
    }
}
