import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing
import Tokens

@testable import PixelServer

struct GroupCommitTests {
    /// One under way, and then ten requests at once: room for three, and two to a batch.
    @Test func whatHasNoRoomIsAnsweredAtOnce() async throws {
        try await Scene.run(.init(batch: 2, queue: 3)) { scene in
            let first = scene.submit(try scene.entries(1))
            scene.log.begun.wait()
            let answers = try (2...11).map { scene.submit(try scene.entries($0)) }
            for answer in answers.dropFirst(3) { #expect(try await answer.get().isBusy) }
            #expect(scene.commit.counts == (queued: 3, overloaded: 7, failed: 0))
            scene.log.goOn.signal()
            for answer in [first] + answers.prefix(3) { _ = try await answer.get().get() }
            try await scene.commit.idle().get()
            #expect(scene.batches == [1, 2, 1])
            #expect(try scene.numbers() == [1, 2, 3, 4])
        }
    }

    /// Of a group all or nothing is stored and answered, and one that is larger than a batch is a batch.
    @Test func aGroupStaysTogether() async throws {
        try await Scene.run(.init(batch: 3, queue: 9)) { scene in
            let first = scene.submit(try scene.entries(1))
            scene.log.begun.wait()
            let answers = try [[2, 3], [4, 5], [6, 7, 8, 9]].map { scene.submit(try $0.flatMap(scene.entries)) }
            scene.log.goOn.signal()
            #expect(try await first.get().get().stored == 1)
            #expect(try await answers[2].get().get().stored == 4)
            try await scene.commit.idle().get()
            #expect(scene.batches == [1, 2, 2, 4])
        }
    }

    /// A disk that does not come back: everybody has an answer in time, and what had not been begun is not stored.
    @Test func nobodyWaitsForADiskThatHangs() async throws {
        try await Scene.run(.init(patience: .milliseconds(20))) { scene in
            let first = scene.submit(try scene.entries(1))
            scene.log.begun.wait()
            let second = scene.submit(try scene.entries(2))
            for answer in [first, second] { #expect(try await answer.get().isBusy) }
            scene.log.goOn.signal()
            try await scene.commit.idle().get()
            #expect(try scene.numbers() == [1])
            #expect(scene.commit.counts == (queued: 0, overloaded: 2, failed: 0))
            #expect(try await scene.submit(try scene.entries(3)).get().get().stored == 1)
        }
    }

    /// A crowd that asks again as it is answered shares the next sync, whoever is last.
    @Test func aCrowdIsWaitedFor() async throws {
        try await Scene.run(.init(gathering: .init(most: .seconds(60), pause: .seconds(60)))) { scene in
            try await scene.storeCrowd()
            let answers = try (21...40).map { scene.submit(try scene.entries($0)) }
            for answer in answers { _ = try await answer.get().get() }
            #expect(scene.batches == [20, 20])
        }
    }

    /// Those who do not come are not waited for.
    @Test func whoDoesNotComeIsNotWaitedFor() async throws {
        try await Scene.run(.init(gathering: .init(most: .seconds(60), pause: .milliseconds(1)))) { scene in
            try await scene.storeCrowd()
            #expect(try await scene.submit(try scene.entries(21)).get().get().stored == 1)
        }
    }
}

extension GroupCommit.Outcome {
    fileprivate var isBusy: Bool {
        if case .failure(let error) = self { error.code == .busy } else { false }
    }
}

/// A log whose first batch takes until it may go on, and what is submitted to it.
private struct Scene: Sendable {
    let log: SlowStore
    let commit: GroupCommit
    private let state: TestState
    private let loop: any EventLoop
    private let record: Record

    private final class Record: Sendable { let batches = Mutex<[Int]>([]) }

    /// The first batch: twenty hits, of the tokens 1 to 20.
    func storeCrowd() async throws {
        let crowd = submit(try (1...20).flatMap(entries))
        log.begun.wait()
        log.goOn.signal()
        _ = try await crowd.get().get()
    }

    static func run(_ limits: GroupCommit.Limits, _ body: (Scene) async throws -> Void) async throws {
        let state = try TestState()
        defer { state.remove() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let (log, record) = (SlowStore(try state.log()), Record())
        let commit = GroupCommit(log: log, eventLoop: group.next(), limits: limits) { outcome, _ in
            record.batches.withLock { $0.append((try? outcome.get().stored) ?? -1) }
        }
        let scene = Scene(log: log, commit: commit, state: state, loop: group.next(), record: record)
        try await body(scene)
        try await commit.idle().get()
        try await group.shutdownGracefully()
    }

    /// How many hits each batch stored, -1 for one that failed.
    var batches: [Int] { record.batches.withLock { $0 } }

    /// A hit on a token of that number.
    func entries(_ number: Int) throws -> [LogEntry] { [.hit(try state.request(state.token(UInt64(number))))] }

    func submit(_ entries: [LogEntry]) -> EventLoopFuture<GroupCommit.Outcome> {
        let answer = loop.makePromise(of: GroupCommit.Outcome.self)
        commit.submit(entries) { answer.succeed($0) }
        return answer.futureResult
    }

    func numbers() throws -> [Int64] {
        try log.hits(of: state.credential.stream, after: 0, limit: 100).hits.map(\.seq)
    }
}

private final class SlowStore: HitStore {
    private let log: any HitStore
    let begun = DispatchSemaphore(value: 0)
    let goOn = DispatchSemaphore(value: 0)
    private let isFirst = Mutex(true)

    init(_ log: any HitStore) { self.log = log }

    func append(_ batch: [LogEntry]) throws(PixelServerError) -> Appended {
        if isFirst.withLock({ exchange(&$0, with: false) }) {
            begun.signal()
            goOn.wait()
        }
        return try log.append(batch)
    }

    var identity: LogIdentity { log.identity }
    var byteCount: Int { log.byteCount }
    var newsInterval: Duration? { log.newsInterval }
    func hits(of stream: StreamID, after seq: Int64, limit: Int) throws(PixelServerError) -> HitPage {
        try log.hits(of: stream, after: seq, limit: limit)
    }
    func lastSeq() throws(PixelServerError) -> Int64 { try log.lastSeq() }
    func counters() throws(PixelServerError) -> [String: Int64] { try log.counters() }
    func news() throws(PixelServerError) -> News { try log.news() }
    func maintain(now: Date, retention: TimeInterval) throws(PixelServerError) -> Bool {
        try log.maintain(now: now, retention: retention)
    }
    func erase(_ erasures: [Erasure]) throws(PixelServerError) -> Bool { try log.erase(erasures) }
    func renewIdentity() throws(PixelServerError) { try log.renewIdentity() }
    func hurry() { log.hurry() }
    func close() throws(PixelServerError) { try log.close() }
}
