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

        let isPending = zip(verdicts, observations).map { verdict, observation in
            verdict.personProbability >= Thresholds.maybe && observation.canBeOfBurst
                && now < observation.hit.at + Thresholds.burst
        }
        let readings = verdicts.indices.filter { verdicts[$0].isReading && !isPending[$0] }
        var inOrderGiven = verdicts
        for (position, index) in order.enumerated() { inOrderGiven[index] = verdicts[position] }
        return Judgement(
            verdicts: inOrderGiven, status: OpenStatus(of: verdicts, isOpened: !readings.isEmpty),
            readings: readings.count,
            firstOpen: readings.first.map { observations[$0].hit.at },
            lastOpen: readings.last.map { observations[$0].hit.at },
            reviewAt: verdicts.indices.filter { isPending[$0] }.map { observations[$0].hit.at + Thresholds.burst }.min()
        )
    }
}

private extension OpensEngine {
    static func observe(_ history: History, order: [Int]) -> [Observation] {
        let sender = Observation.SenderFacts(
            clients: history.ownClients,
            sharesDomain: !history.senderDomains.isDisjoint(with: history.recipientDomains),
            isRecipient: history.recipientIsSender && history.ownTokens.isEmpty)
        let clocksAgree = History.clocksAgree(sentAt: history.sentAt, first: order.first.map { history.hits[$0].at })
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
        var recent: [Reader: Hit] = [:]
        for index in verdicts.indices where verdicts[index].personProbability >= Thresholds.maybe {
            let observation = observations[index]
            let hit = observation.hit
            let line = Reader(observation, isOperatorOnly: false)
            let site = Reader(observation, isOperatorOnly: true)
            if let last = recent[line], hit.at.timeIntervalSince(last.at) <= Thresholds.reading {
                verdicts[index] = duplicate
            } else if let last = recent[site], hit.at.timeIntervalSince(last.at) <= Thresholds.reading,
                last.net == nil || hit.net == nil || last.day != hit.day
            {
                // A line unknown, or hashed under the keys of two days: its operator is all there is to compare.
                verdicts[index] = duplicate
            }
            recent[line] = hit
            recent[site] = hit
        }
    }

    /// Who reads, as far as can be told: two hits of one reader within five minutes are one reading.
    struct Reader: Hashable {
        var token: String
        var family: ClientFamily
        /// Phone and desktop of one maker are one family; a proxy's text says nothing of the reader.
        var agent: String?
        var asn: UInt32?
        var netclass: NetworkClass?
        var source: Hit.Source?

        init(_ observation: Observation, isOperatorOnly: Bool) {
            let hit = observation.hit
            token = hit.token
            family = observation.family
            agent = observation.kind == .mailProxy ? nil : hit.ua
            netclass = hit.netclass
            // Proxies and relays change their exits between two fetches of one reader; lines of people do not.
            guard ![.mailService, .relay].contains(observation.role) else { return }
            asn = hit.asn
            source = isOperatorOnly ? nil : hit.source
        }
    }

}
