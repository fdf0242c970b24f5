import FoundationEssentials
import Tokens

/// What of a long history is judged for good, so that a hit more needs only its surroundings.
///
/// A verdict depends on the hits of ``Thresholds/memory`` before it and of ``Thresholds/retroaction`` behind it, and on
/// nothing else of the history but its facts and the time of its first hit. So what lies further back than a late hit
/// could reach is summed up once.
package struct Settlement: Sendable, Equatable, Codable {
    /// Hits before it are in `tally`.
    package let until: Date
    package let tally: Tally

    /// Shorter histories are judged as a whole each time.
    package static let leastHits = 64
    /// Pages of several sources, and other messages' hits, may come that much later than the newest hit.
    static let patience: TimeInterval = 600

    /// - Parameters:
    ///   - history: its hits ascending.
    ///   - isCut: there are more hits behind the last of them, which are to be judged from here on. Then there is always
    ///     an answer, further on than the last one.
    /// - Returns: `nil` if no more can be settled than was.
    package init?(_ judgement: Judgement, of history: History, isCut: Bool) {
        let start = history.countsFrom ?? .distantPast
        let counted = history.hits.partitioningIndex { $0.at >= start }
        guard counted < history.hits.count, isCut || history.hits.count - counted >= Self.leastHits else { return nil }
        let (first, last) = (history.hits[counted].at, history.hits[history.hits.count - 1].at)
        var until = last - (isCut ? Thresholds.retroaction : Self.patience)
        if isCut, until <= first {
            // All of them at once: a millisecond is the least that hits differ by.
            until = last + 0.001
        } else if !isCut, let reviewAt = judgement.reviewAt {
            until = min(until, reviewAt - Thresholds.burst)
        }
        guard until > first else { return nil }
        var tally = history.earlier
        for index in counted..<history.hits.partitioningIndex(where: { $0.at >= until }) {
            tally.add(judgement.verdicts[index], at: history.hits[index].at)
        }
        self.until = until
        self.tally = tally
    }

    /// The first hit that later ones may need to be judged.
    package var contextFrom: Date { until - Thresholds.memory }
    /// Hits before it would change what is settled.
    package var openFrom: Date { until + Thresholds.retroaction }
}

extension History {
    /// Stands for all that it says but its hits and their neighbours: what was settled under other facts is not.
    package var factsDigest: [UInt8]? {
        func list(_ texts: some Sequence<String>) -> String { texts.sorted().joined(separator: ",") }
        func time(_ date: Date?) -> String { date.map { "\($0.timeIntervalSinceReferenceDate)" } ?? "-" }
        let parts = [
            time(sentAt), list(recipientDomains), list(senderDomains), "\(recipientIsSender)", list(tokens),
            list(ownTokens), list(ownClients.map(\.rawValue)),
            list(ownActivity.map { time($0.since) + "…" + time($0.until) }),
            list(incoming.map { "\($0.kind) \($0.token) \(time($0.arrivedAt))" }),
            list(undelivered.map { "\($0.key) \(time($0.value))" }),
        ]
        return KeyedHash.sha256(Array(parts.joined(separator: "\n").utf8))
    }
}
