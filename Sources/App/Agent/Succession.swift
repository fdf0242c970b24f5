import Logging
import SentSync

/// The connection that is to take the place of one whose token nears its end: opened beside it, while that goes on as if
/// nothing were. What fails here costs nothing but the attempt.
actor Succession {
    enum Step {
        /// Nothing is to be done before that; `nil`: nor after it.
        case wait(Duration?)
        /// The bell rings when the attempt has ended.
        case opening(Bell)
        case ready(Line)
    }

    private let open: @Sendable () async throws -> Line?
    private let elapsed: @Sendable () -> Duration
    private let logger: Logger
    private var renewal: Renewal?
    private var attempt: (task: Task<Void, Never>, end: Bell)?
    private var line: Line?

    /// - Parameters:
    ///   - tokenEnd: when the token ends, in time that has elapsed; `nil`: it never does.
    ///   - open: opens the new connection; `nil` if there is no other token to open it with yet.
    init(
        tokenEnd: Duration?, elapsed: @escaping @Sendable () -> Duration, logger: Logger,
        open: @escaping @Sendable () async throws -> Line?
    ) {
        self.open = open
        self.elapsed = elapsed
        self.logger = logger
        renewal = tokenEnd.map { Renewal(end: $0, now: elapsed(), random: Double.random(in: 0..<1)) }
    }

    /// What there is to do now. What is `ready` is the caller's from then on, and to be told of if it ``failed(_:)``.
    func next() -> Step {
        if let line = line.take() { return .ready(line) }
        if let attempt { return .opening(attempt.end) }
        guard let wait = renewal?.wait(now: elapsed()) else { return .wait(nil) }
        guard wait == .zero else { return .wait(wait) }
        let end = Bell()
        attempt = (Task { await self.run(end) }, end)
        return .opening(end)
    }

    /// The new connection did not get into step.
    func failed(_ reason: String) {
        renewal?.failed(now: elapsed())
        let again = renewal?.wait(now: elapsed()).map { "\($0)" } ?? "not any more"
        logger.notice("token not renewed", metadata: ["reason": "\(reason)", "again_in": "\(again)"])
    }

    /// The old connection has ended, one way or the other.
    func abandon() async {
        attempt?.task.cancel()
        await attempt?.task.value
        await line.take()?.connection.logout()
    }

    private func run(_ end: Bell) async {
        do {
            line = try await open()
            if line == nil { failed("the command prints the same token as before") }
        } catch {
            if !Task.isCancelled { failed(SessionEnd.classify(error).reason) }
        }
        attempt = nil
        end.ring()
    }
}
