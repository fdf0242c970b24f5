import Host

/// The newest state of every account, in one line for systemd and the terminal.
actor StatusBoard {
    private var states: [String: AccountState] = [:]
    private let notifier: ServiceNotifier?
    private var shown = ""
    /// Accounts whose state is another one than the one on disk.
    private var unnoted: Set<String> = []

    init(notifier: ServiceNotifier?) { self.notifier = notifier }

    /// Returns whether the state is another one than the one that is noted.
    func set(_ state: AccountState, of account: String) -> Bool {
        let before = states.updateValue(state, forKey: account)
        let line = summary
        if line != shown {
            shown = line
            notifier?.status(line)
        }
        return before != state || unnoted.contains(account)
    }

    func noted(_ account: String) { unnoted.remove(account) }

    /// The state could not be put on disk. Returns whether the one before could.
    func notNoted(_ account: String) -> Bool { unnoted.insert(account).inserted }

    private var summary: String {
        let scanning = states.compactMap { account, state in
            if case .scanning(let done, let total, _) = state {
                "\(account): \(done) of \(total) messages looked at"
            } else {
                nil
            }
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
