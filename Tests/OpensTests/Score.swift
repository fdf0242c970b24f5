/// Compares what the engine says with what is true, by the measures of the corpus.
struct Score: Sendable {
    var messages = 0
    var rightMessages = 0
    var falseOpened: [String] = []
    var missedReads: [String] = []
    var wrong: [String] = []
    /// Says read and was not 5, read and shown as no evidence 3, shown as perhaps 1; claims on the unknowable 3.
    var cost = 0
    var overconfident: [String] = []
    var brierSum = 0.0
    var hits = 0
    private var confusion: [String: (right: Int, said: Int, truly: Int)] = [:]

    var brier: Double { hits == 0 ? 0 : brierSum / Double(hits) }
    /// Over the classes that occur.
    var macroF1: Double {
        let scores = confusion.values.filter { $0.truly > 0 }.map { 2 * Double($0.right) / Double($0.said + $0.truly) }
        return scores.isEmpty ? 0 : scores.reduce(0, +) / Double(scores.count)
    }

    mutating func add(_ scenario: LabelledScenario, _ answer: ClassifiedLine) {
        messages += 1
        let truth = scenario.message
        if answer.message == truth {
            rightMessages += 1
        } else {
            wrong.append("\(scenario.id): \(answer.message), truly \(truth) (\(answer.hits.map(\.rule)))")
            let isUnknowable = truth == "maybe" || truth == "unknown"
            if answer.message == "opened" {
                falseOpened.append(scenario.id)
                cost += isUnknowable ? 3 : 5
            } else if truth == "opened" {
                missedReads.append(scenario.id)
                cost += answer.message == "maybe" ? 1 : 3
            } else if answer.message == "maybe", !isUnknowable {
                cost += 1
            }
        }
        for (said, truth) in zip(answer.hits, scenario.hits) {
            let counted = truth.acceptable.contains(said.class) ? truth.hitClass : said.class
            confusion[counted, default: (0, 0, 0)].said += 1
            confusion[truth.hitClass, default: (0, 0, 0)].truly += 1
            if counted == truth.hitClass { confusion[counted]?.right += 1 }
            if counted != truth.hitClass {
                wrong.append("\(scenario.id) hit: \(said.class)/\(said.rule), truly \(truth.hitClass)")
            }
            if said.confidence > truth.maximumConfidence { overconfident.append("\(scenario.id): \(said.rule)") }
            brierSum += (said.p_person - truth.person) * (said.p_person - truth.person)
            hits += 1
        }
    }
}

/// xorshift64*: the same variants on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }
    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_f491_4f6c_dd1d
    }
}
