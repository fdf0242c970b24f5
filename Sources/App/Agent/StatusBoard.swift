/// The newest state of every account, in one line for systemd and the terminal. Each change costs the same, however many
/// accounts there are.
actor StatusBoard {
    /// More than this are counted and not named.
    static let named = 3

    private var states: [String: AccountState] = [:]
    private var idle = 0
    private var troubled: Set<String> = []
    private var scanning: Set<String> = []
    private let show: @Sendable (String) -> Void
    private var shown = ""
    /// Accounts whose state is another one than the one on disk.
    private var unnoted: Set<String> = []

    init(show: @escaping @Sendable (String) -> Void) { self.show = show }

    /// Returns whether the state is another one than the one that is noted.
    func set(_ state: AccountState, of account: String) -> Bool {
        let before = states.updateValue(state, forKey: account)
        if before == .idle { idle -= 1 }
        troubled.remove(account)
        scanning.remove(account)
        switch state {
        case .connecting: break
        case .idle: idle += 1
        case .scanning: scanning.insert(account)
        case .waiting, .needsUser: troubled.insert(account)
        }
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
        (["\(idle) of \(states.count) accounts up to date"] + details(of: troubled, "in trouble: see `sentmark status`")
            + details(of: scanning, "looked at")).joined(separator: "; ")
    }

    private func details(of accounts: Set<String>, _ many: String) -> [String] {
        if accounts.count > Self.named { return ["\(accounts.count) \(many)"] }
        return accounts.sorted().compactMap { account in
            switch states[account] {
            case .scanning?: states[account].map { "\(account): looked at \($0.detail)" }
            case .waiting(let reason, _)?, .needsUser(let reason)?: "\(account): \(reason)"
            case .connecting?, .idle?, nil: nil
            }
        }
    }
}
