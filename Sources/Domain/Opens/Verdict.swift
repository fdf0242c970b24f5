/// What one hit proves.
package enum HitClass: String, Sendable, CaseIterable, Codable {
    case person
    /// A mail service fetched the pixel because a person opened the message.
    case proxyPerson = "proxy_person"
    case machinePrefetch = "machine_prefetch"
    case securityScanner = "security_scanner"
    case own = "self"
    case duplicate
    case forged
}

/// A hit's verdict: never without the name of the rule that gave it.
package struct Verdict: Sendable, Equatable {
    package var hitClass: HitClass
    /// Probability that a person other than the sender looked: 0…1.
    package var personProbability: Double
    /// How sure the rule is of its class: 0…1.
    package var confidence: Double
    /// Stable name, as shown by `sentmark why`.
    package var rule: String

    package init(hitClass: HitClass, personProbability: Double, confidence: Double, rule: String) {
        self.hitClass = hitClass
        self.personProbability = personProbability
        self.confidence = confidence
        self.rule = rule
    }
}

extension Verdict {
    /// Whether a person other than the sender may have looked.
    package var mayBePerson: Bool { personProbability >= Thresholds.maybe }

    /// Alone enough to call a message opened.
    package var isReading: Bool {
        (hitClass == .person || hitClass == .proxyPerson) && personProbability >= Thresholds.opened
    }
}
