import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import PixelServer

struct GroupCommitTests {
    /// Ten requests at once, room for three, and two to a batch.
    @Test func whatHasNoRoomIsAnsweredAtOnce() async throws {
        let state = try TestState()
        defer { state.remove() }
        let log = try state.log()
        let entries = try (1...10).map { LogEntry.hit(try state.request(state.token(UInt64($0)))) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let (outcomes, batches) = try await loop.flatSubmit {
            let commit = GroupCommit(log: log, eventLoop: loop, limits: .init(batch: 2, queue: 3))
            var batches: [Int] = []
            commit.committed = { outcome, _ in batches.append((try? outcome.get().stored) ?? -1) }
            let answers = entries.map { entry in
                let answer = loop.makePromise(of: GroupCommit.Outcome.self)
                commit.submit([entry]) { answer.succeed($0) }
                return answer.futureResult
            }
            return EventLoopFuture.whenAllSucceed(answers, on: loop).assumeIsolated().map { ($0, batches) }
                .nonisolated()
        }.get()
        #expect(batches == [2, 1])
        #expect(outcomes.prefix(3).allSatisfy { (try? $0.get()) != nil })
        for outcome in outcomes.dropFirst(3) {
            guard case .failure(let error) = outcome else { throw TestClient.Failure(what: "stored") }
            #expect(error.code == .busy)
        }
        #expect(try log.lastSeq() == 3)
        try await group.shutdownGracefully()
    }
}
