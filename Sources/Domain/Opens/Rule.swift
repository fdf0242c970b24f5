/// One row of the decision list.
package struct Rule: Sendable {
    /// Stable: it is stored with verdicts and shown to people.
    package let name: String
    package let hitClass: HitClass
    /// See ``Verdict``.
    package let personProbability: Double
    package let confidence: Double
    /// One sentence for `sentmark why`.
    package let explanation: String
    let matches: @Sendable (Observation) -> Bool

    init(
        _ name: String, _ hitClass: HitClass, p personProbability: Double, confidence: Double, _ explanation: String,
        when matches: @escaping @Sendable (Observation) -> Bool
    ) {
        self.name = name
        self.hitClass = hitClass
        self.personProbability = personProbability
        self.confidence = confidence
        self.explanation = explanation
        self.matches = matches
    }

    var verdict: Verdict {
        Verdict(hitClass: hitClass, personProbability: personProbability, confidence: confidence, rule: name)
    }
}

/// The decision list: the first rule that matches gives the verdict, and one always does.
package struct Rules: Sendable {
    /// Goes up with every change that can change a verdict; kept beside stored verdicts.
    package let version: Int
    let list: [Rule]
    /// Applied last, to a hit that repeats one that may be a person's.
    let duplicate: Rule

    package static let current = Rules(
        version: 3, list: certain + machines + sequences + own + services + apple + networks, duplicate: sameReading)

    /// Every rule that can be the reason of a verdict.
    package var all: [Rule] { list + [duplicate, Rules.fallback] }

    func verdict(on observation: Observation) -> Verdict {
        (list.first { $0.matches(observation) } ?? Rules.fallback).verdict
    }

    /// Same client, same network, within five minutes of the hit before: a re-render, a retry, a window opened twice.
    static let sameReading = Rule(
        "same-reading", .duplicate, p: 0, confidence: 0.95,
        "The same client on the same network had fetched it less than five minutes before: still the same reading."
    ) { _ in false }

    static let fallback = Rule(
        "unclassified", .machinePrefetch, p: 0.4, confidence: 0.4,
        "Nothing is known of this client and its network, so it proves neither a person nor a machine."
    ) { _ in true }
}

/// Rule names in words.
package enum Explanation {
    /// `nil` for the name of another version of the rules.
    package static func sentence(for rule: String, in rules: Rules = .current) -> String? {
        rules.all.first { $0.name == rule }?.explanation
    }
}
