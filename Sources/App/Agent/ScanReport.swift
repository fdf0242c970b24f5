/// Tells how far a first scan has come, beside it.
struct ScanReport {
    private var scan: (began: ContinuousClock.Instant, done: Int)?
    /// When it was last told, and the telling while it goes on.
    private var told: ContinuousClock.Instant?
    private var telling: Task<Void, Never>?

    private static let pause = Duration.seconds(1)

    /// Whether a scan has been under way since this was last asked.
    mutating func takeWhetherThereWasOne() -> Bool { scan.take() != nil }

    /// - Parameter progress: `nil`: there is no scan.
    mutating func tell(
        _ progress: (done: Int, total: Int)?, _ report: @escaping @Sendable (AccountState) async -> Void
    ) async {
        guard let (done, total) = progress else { return }
        let began = scan ?? (.now, done)
        scan = began
        // It is put on disk each time, in its turn there: beside the conversation.
        if let told, ContinuousClock.now - told < Self.pause { return }
        await end()
        told = .now
        let state = AccountState.scanning(done: done, total: total, left: Self.estimate(began, done, total))
        telling = Task { await report(state) }
    }

    /// All that was to be told has been.
    mutating func end() async { await telling.take()?.value }

    /// How long the rest of the scan will take, from what it has taken so far.
    private static func estimate(
        _ scan: (began: ContinuousClock.Instant, done: Int), _ done: Int, _ total: Int
    ) -> Duration? {
        guard done > scan.done else { return nil }
        return (ContinuousClock.now - scan.began) * (Double(total - done) / Double(done - scan.done))
    }
}
