import Foundation
import HitSources
import Logging
import Opens
import SentSync
import ServiceLifecycle
import Store
import Tokens

/// One source of hits: pulls, stores pages and their cursor together, and pulls again. While the source is away
/// nothing is lost: the cursor stays where it was.
struct SourceService: Service {
    let name: String
    let feed: any HitFeed
    let store: AgentStore
    let judge: Bell
    /// Rung when the feed has been read to its end for the first time: some keywords wait for that.
    let accounts: [Bell]
    /// Told of mail that hits name and nobody knows: its copy is to be looked for.
    let awaited: [AwaitedMail]
    /// Opens when a pixel server in this process listens; open from the start when there is none.
    let begin: Latch
    let now: @Sendable () -> Date
    let logger: Logger

    private static let waitSeconds = 50
    /// While page follows on page, the messages that they concern are not judged for each page, but after this time, then
    /// after twice this time, and so on: most of them lie in many pages.
    private static let patience = Duration.seconds(10)
    private static let longestPatience = Duration.seconds(60)

    /// What a run of pulls keeps in mind.
    struct Progress {
        /// The last hit of which ``awaited`` has been told.
        var unknown: Int64 = 0
        /// Whether messages are due of which ``judge`` has not been told.
        var owesJudgement = false
        var judged = ContinuousClock.now
        var patience = SourceService.patience
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await begin.wait()
            var backoff = Backoff()
            var progress = Progress()
            while !Task.isCancelled {
                let began = ContinuousClock.now
                do {
                    let source = try await store.source(named: name)
                    while !Task.isCancelled { try await pull(source, &progress) }
                } catch {
                    if Task.isCancelled { return }
                    ringJudge(&progress)
                    let failure = (error as? PullError)?.failure ?? .network
                    let delay = backoff.delay(
                        after: failure, alive: ContinuousClock.now - began, jitter: Double.random(in: 0..<1))
                    logger.warning("pull failed", metadata: ["reason": "\(Self.words(error))", "again_in": "\(delay)"])
                    try? await Task.sleep(for: delay)
                }
            }
        }
    }

    private static func words(_ error: any Error) -> String {
        switch error as? PullError {
        case .unauthorised?, .keyRefused?, .noKey?:
            if case .needsUser(let action)? = (error as? PullError)?.remedy { return "\(error); \(action)" }
        case .transport?, .otherLog?, .busy?, .log?, .unexpected?, nil: break
        }
        return "\(error)"
    }

    private func ringJudge(_ progress: inout Progress) {
        guard progress.owesJudgement else { return }
        judge.ring()
        (progress.owesJudgement, progress.judged) = (false, .now)
    }

    /// One page, or all that follow at once on one another, each run of them stored with its cursor while the next one is
    /// pulled. What has not been stored when it throws is pulled again.
    func pull(_ source: SourceID, _ progress: inout Progress) async throws {
        do {
            try await pullRuns(source, &progress)
        } catch PullError.otherLog {
            logger.notice("the hit log is another one now; reading it from its beginning")
            try await store.restart(source)
        }
    }

    private func pullRuns(_ source: SourceID, _ progress: inout Progress) async throws {
        var position = try await store.position(of: source)
        // What there is already is not waited for: some decisions rest on having seen all of it.
        var next: PageRun? = await PageRun(
            from: feed, after: position.cursor, log: position.log,
            wait: position.isReadToEnd ? Self.waitSeconds : 0)
        // Patience counts from the first of them, not from the last time that there were any.
        if !progress.owesJudgement { progress.judged = .now }
        while let run = next {
            async let following = run.following(from: feed)
            try await store(run, source, &position, &progress)
            if let failure = run.failure { throw failure }
            next = await following
        }
    }

    private func store(
        _ run: PageRun, _ source: SourceID, _ position: inout SourcePosition, _ progress: inout Progress
    ) async throws {
        guard let last = run.last else { return }
        let isEnd = !last.more
        guard !run.hits.isEmpty || last.cursor != position.cursor || isEnd != position.isReadToEnd else { return }
        await StopPoint.reached(.pulled)
        let news = try await store.append(
            run.hits, log: last.log, cursor: last.cursor, isEnd: isEnd, from: source, now: now())
        await StopPoint.reached(.hitsStored)
        progress.owesJudgement = progress.owesJudgement || news
        if isEnd {
            progress.patience = Self.patience
            ringJudge(&progress)
        } else if ContinuousClock.now - progress.judged > progress.patience {
            progress.patience = min(progress.patience * 2, Self.longestPatience)
            ringJudge(&progress)
        }
        if isEnd, !position.isReadToEnd { accounts.forEach { $0.ring() } }
        (position.log, position.cursor) = (last.log, last.cursor)
        if isEnd { position.isReadToEnd = true }
        guard run.hits.contains(where: { MessageName($0.token) != nil }),
            let last = try await store.lastHitOfUnknownName(after: progress.unknown)
        else { return }
        progress.unknown = last
        awaited.forEach { $0.add() }
        accounts.forEach { $0.ring() }
    }
}

extension PullError {
    fileprivate var failure: Backoff.Failure {
        switch remedy {
        case .retryNow, .retryLater(after: nil): .network
        case .retryLater(after: let duration?): .asked(duration)
        case .needsUser, .never: .needsUser
        }
    }
}
