/// What all hits on a message prove together (design: contracts, "Verdicts").
package enum OpenStatus: String, Sendable, CaseIterable, Codable {
    case opened
    case maybe
    /// Reached a device or a filter, no person seen.
    case machineOnly = "machine_only"
    case selfOnly = "self_only"
    /// There are hits, none of them true.
    case notOpened = "not_opened"
    /// No evidence. Never called unread.
    case unknown

    /// `isOpened`: a hit that is a reading is beyond doubt.
    init(of verdicts: [Verdict], isOpened: Bool) {
        if verdicts.isEmpty {
            self = .unknown
        } else if isOpened {
            self = .opened
        } else if verdicts.contains(where: { $0.personProbability >= Thresholds.maybe }) {
            self = .maybe
        } else if verdicts.contains(where: { $0.hitClass == .machinePrefetch || $0.hitClass == .securityScanner }) {
            self = .machineOnly
        } else {
            self = verdicts.contains { $0.hitClass == .own } ? .selfOnly : .notOpened
        }
    }

    /// What the hits on one recipient's token prove, in a message of which `message` is the status: nobody has opened what
    /// is not opened yet.
    package init(ofRecipient verdicts: [Verdict], message: OpenStatus) {
        self.init(of: verdicts, isOpened: message == .opened && verdicts.contains(where: \.isReading))
    }
}
