/// The newest state of every account, in one line for systemd and the terminal.
actor StatusBoard {
    private var states: [String: AccountState] = [:]
    private let show: @Sendable (String) -> Void
    private var shown = ""
    /// Accounts whose state is another one than the one on disk.
    private var unnoted: Set<String> = []

    init(show: @escaping @Sendable (String) -> Void) { self.show = show }

    /// Returns whether the state is another one than the one that is noted.
    func set(_ state: AccountState, of account: String) -> Bool {
        let before = states.updateValue(state, forKey: account)
        let line = summary
        if line != shown {
            shown = line
            show(line)
        }
        return before != state || unnoted.contains(account)
    }

    func noted(_ account: String) { unnoted.remove(account) }

    /// The state could not be put on disk. Returns whether the one before could.
    func notNoted(_ account: String) -> Bool { unnoted.insert(account).inserted }

    private var summary: String {
        let scanning = states.compactMap { account, state in
            if case .scanning = state { "\(account): looked at \(state.detail)" } else { nil }
        }
        let troubled = states.compactMap { account, state in
            switch state {
            case .waiting(let reason, _), .needsUser(let reason): "\(account): \(reason)"
            case .connecting, .scanning, .idle: nil
            }
        }
        let idle = states.values.count { $0 == .idle }
        return (["\(idle) of \(states.count) accounts up to date"] + (troubled + scanning).sorted()).joined(
            separator: "; ")
    }
}
