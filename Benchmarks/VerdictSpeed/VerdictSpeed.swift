import FoundationEssentials
import Opens

/// How fast verdicts are, on one core: `swift run -c release verdict-speed`. Median of five rounds each.
@main
struct VerdictSpeed {
    static func main() {
        let mail = (0..<100_000).map { Histories.message(number: $0, hits: 10) }
        report("1,000,000 hits of 100,000 messages", goal: "≤ 5 s", unit: "s") {
            seconds { for history in mail { consume(OpensEngine.judge(history, now: Histories.now)) } }
        }
        let large = Histories.message(number: 1, hits: 1_000_000)
        report("1,000,000 hits of one message", goal: "≤ 5 s", unit: "s") {
            seconds { consume(OpensEngine.judge(large, now: Histories.now)) }
        }

        // A busy hour: what the new hit's message needs of 10,000 hits on other tokens.
        let around = Histories.others(count: 10_000)
        let message = Histories.message(number: 7, hits: 10)
        let neighbourhood = Neighbourhood(of: message.hits, among: around)
        report("a hit more on a message of ten, 10,000 of others around it", goal: "≤ 1 ms", unit: "ms") {
            1e3 / 200
                * seconds {
                    for _ in 0..<200 {
                        var history = message
                        history.neighbours = neighbourhood.neighbours(of: message.hits, besides: message.tokens)
                        consume(OpensEngine.judge(history, now: Histories.now))
                    }
                }
        }
        report("gathering those 10,000 first", goal: "", unit: "ms") {
            1e3 * seconds { consume(Neighbourhood(of: message.hits, among: around)) }
        }
        let own = Histories.message(number: 7, hits: 10_000)
        report("a message of 10,000 hits as a whole", goal: "", unit: "ms") {
            1e3 * seconds { consume(OpensEngine.judge(own, now: Histories.now)) }
        }
        let settlement = Settlement(OpensEngine.judge(own, now: Histories.now), of: own, isCut: false)
        report("a hit more on it", goal: "≤ 1 ms", unit: "ms") {
            1e3 / 100
                * seconds {
                    for _ in 0..<100 {
                        var history = own
                        if let settlement {
                            (history.earlier, history.countsFrom) = (settlement.tally, settlement.until)
                            history.hits = Histories.hits(of: own, since: settlement.contextFrom)
                        }
                        consume(OpensEngine.judge(history, now: Histories.now))
                    }
                }
        }

        let table = Histories.table(prefixes: 14_000)
        let addresses = Histories.addresses(count: 1_000_000, prefixes: 14_000)
        report(
            "look-ups in \(table.count) prefixes, \(table.byteCount >> 10) KB", goal: "≥ 5 million/s", unit: "million/s"
        ) {
            1 / seconds { for address in addresses { consume(table.lookup(address)) } }
        }
        let apple = Histories.appleList(lines: 290_000)
        for prefixes in [apple.lines, apple.merged] {
            let table = NetworkTable([.init(.appleRelay, source: "made up", date: "2026-11-26", prefixes: prefixes)])
            let addresses = apple.lines.indices.map { apple.lines[$0 &* 7_919 % apple.lines.count].first }
            report(
                "look-ups in a list like Apple's, \(table.count) prefixes, \(table.byteCount >> 10) KB",
                goal: "≥ 5 million/s", unit: "million/s"
            ) {
                Double(addresses.count) / 1e6 / seconds { for address in addresses { consume(table.lookup(address)) } }
            }
        }
    }

    private static func report(_ name: String, goal: String, unit: String, _ measure: () -> Double) {
        let rounds = (0..<5).map { _ in measure() }.sorted()
        let figure = (rounds[2] * 1000).rounded() / 1000
        print("| \(name) | \(figure) \(unit) | \(goal) |")
    }

    private static func seconds(_ work: () -> Void) -> Double {
        let time = ContinuousClock().measure(work)
        return Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
    }

    /// Keeps the compiler from leaving out what nobody reads.
    @inline(never) private static func consume(_ value: some Any) { withExtendedLifetime(value) {} }
}
