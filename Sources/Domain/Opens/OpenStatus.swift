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

    init(_ tally: Tally) { self.init(tally, isOpened: tally.readings > 0) }

    private init(_ tally: Tally, isOpened: Bool) {
        if tally.hits == 0 {
            self = .unknown
        } else if isOpened {
            self = .opened
        } else if tally.perhaps > 0 {
            self = .maybe
        } else if tally.machines > 0 {
            self = .machineOnly
        } else {
            self = tally.own > 0 ? .selfOnly : .notOpened
        }
    }

    /// What the hits on one recipient's token prove, in a message of which `message` is the status: nobody has opened what
    /// is not opened yet.
    package init(ofRecipient verdicts: [Verdict], message: OpenStatus) {
        var tally = Tally()
        for verdict in verdicts { tally.add(verdict) }
        self.init(tally, isOpened: message == .opened && tally.readings > 0)
    }
}
