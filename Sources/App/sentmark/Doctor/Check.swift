/// One thing that was looked at, and how it is.
struct Check: Equatable, Sendable {
    enum Outcome: Equatable, Sendable {
        case good
        /// Works, and could be better.
        case warning
        case failed(SystemExit)
    }

    /// What it belongs to: `configuration`, `account work`, `source px.example.org`.
    let topic: String
    let name: String
    let outcome: Outcome
    let detail: String
    /// What to do about it.
    let action: String?

    init(_ topic: String, _ name: String, _ outcome: Outcome, _ detail: String, action: String? = nil) {
        self.topic = topic
        self.name = name
        self.outcome = outcome
        self.detail = detail
        self.action = action
    }

    init(_ topic: String, _ name: String, _ failure: Failure) {
        self.init(topic, name, .failed(failure.status), failure.detail, action: failure.action)
    }

    /// `✓ account work: login: imap.example.org:993, TLS`, with its line end.
    var line: String {
        let sign =
            switch outcome {
            case .good: "✓"
            case .warning: "!"
            case .failed: "✗"
            }
        let text = "\(sign) \(topic): \(name): \(detail)" + (action.map { "; \($0)" } ?? "")
        return TerminalText.clean(text) + "\n"
    }
}

/// What `sentmark doctor` ends with.
enum DoctorSummary {
    /// Status of the first check that failed; `nil` if none did. Warnings do not count.
    static func status(_ checks: [Check]) -> SystemExit? {
        checks.lazy.compactMap { if case .failed(let status) = $0.outcome { status } else { nil } }.first
    }

    static func line(_ checks: [Check]) -> String {
        let failed = checks.count { if case .failed = $0.outcome { true } else { false } }
        let warned = checks.count { $0.outcome == .warning }
        guard failed + warned > 0 else { return "All is well.\n" }
        let parts = [(failed, "problem"), (warned, "warning")].filter { $0.0 > 0 }.map { $0.counted($1) }
        return parts.joined(separator: ", ") + ".\n"
    }
}

/// `sentmark doctor --json`. Fields are added, never changed or taken away.
struct DoctorJSON: Encodable {
    struct Item: Encodable {
        let topic: String
        let check: String
        /// `good`, `warning` or `failed`.
        let outcome: String
        let detail: String
        let action: String?
        let exitStatus: Int32?
    }

    let checks: [Item]
    let exitStatus: Int32

    init(_ checks: [Check]) {
        self.checks = checks.map(Item.init)
        exitStatus = DoctorSummary.status(checks)?.rawValue ?? 0
    }
}

extension DoctorJSON.Item {
    fileprivate init(_ check: Check) {
        let (outcome, status): (String, Int32?) =
            switch check.outcome {
            case .good: ("good", nil)
            case .warning: ("warning", nil)
            case .failed(let status): ("failed", status.rawValue)
            }
        self.init(
            topic: check.topic, check: check.name, outcome: outcome, detail: check.detail, action: check.action,
            exitStatus: status)
    }
}
