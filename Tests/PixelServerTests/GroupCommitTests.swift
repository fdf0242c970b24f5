import Foundation
import NIOPosix
import Synchronization
import TestSupport
import Testing
import Tokens

@testable import PixelServer

struct GroupCommitTests {
    /// One under way, and then ten requests at once: room for three, and two to a batch.
    @Test func whatHasNoRoomIsAnsweredAtOnce() async throws {
        let state = try TestState()
        defer { state.remove() }
        let log = SlowStore(try state.log())
        let entries = try (0...10).map { LogEntry.hit(try state.request(state.token(UInt64($0)))) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let batches = Mutex<[Int]>([])
        let commit = GroupCommit(log: log, eventLoop: loop, limits: .init(batch: 2, queue: 3)) { outcome, _ in
            batches.withLock { $0.append((try? outcome.get().stored) ?? -1) }
        }
        let first = loop.makePromise(of: GroupCommit.Outcome.self)
        commit.submit([entries[0]]) { first.succeed($0) }
        log.begun.wait()
        let answers = entries.dropFirst().map { entry in
            let answer = loop.makePromise(of: GroupCommit.Outcome.self)
            commit.submit([entry]) { answer.succeed($0) }
            return answer.futureResult
        }
        for answer in answers.dropFirst(3) {
            guard case .failure(let error) = try await answer.get() else { throw TestClient.Failure(what: "stored") }
            #expect(error.code == .busy)
        }
        #expect(commit.counts == (queued: 3, overloaded: 7, failed: 0))
        log.goOn.signal()
        for answer in [first.futureResult] + answers.prefix(3) { _ = try await answer.get().get() }
        try await commit.idle().get()
        #expect(batches.withLock { $0 } == [1, 2, 1])
        #expect(try state.numbers(in: log.log) == [1, 2, 3, 4])
        try await group.shutdownGracefully()
    }

    /// Of a group all or nothing is stored and answered, and one that is larger than a batch is a batch.
    @Test func aGroupStaysTogether() async throws {
        let state = try TestState()
        defer { state.remove() }
        let log = SlowStore(try state.log())
        let entries = try (1...9).map { LogEntry.hit(try state.request(state.token(UInt64($0)))) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let batches = Mutex<[Int]>([])
        let commit = GroupCommit(log: log, eventLoop: loop, limits: .init(batch: 3, queue: 9)) { outcome, _ in
            batches.withLock { $0.append((try? outcome.get().stored) ?? -1) }
        }
        let answers = [entries[0..<1], entries[1..<3], entries[3..<5], entries[5..<9]].map { part in
            let answer = loop.makePromise(of: GroupCommit.Outcome.self)
            commit.submit(Array(part)) { answer.succeed($0) }
            return answer.futureResult
        }
        log.goOn.signal()
        #expect(try await answers.last?.get().get().stored == 4)
        try await commit.idle().get()
        #expect(batches.withLock { $0.suffix(2) } == [2, 4])
        #expect(batches.withLock { $0.reduce(0, +) } == 9)
        try await group.shutdownGracefully()
    }

    /// A disk that does not come back: everybody has an answer in time, and what had not been begun is not stored.
    @Test func nobodyWaitsForADiskThatHangs() async throws {
        let state = try TestState()
        defer { state.remove() }
        let log = SlowStore(try state.log())
        let entries = try (1...3).map { LogEntry.hit(try state.request(state.token(UInt64($0)))) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let commit = GroupCommit(
            log: log, eventLoop: loop, limits: .init(patience: .milliseconds(20)), committed: { _, _ in })
        let first = loop.makePromise(of: GroupCommit.Outcome.self)
        commit.submit([entries[0]]) { first.succeed($0) }
        log.begun.wait()
        let second = loop.makePromise(of: GroupCommit.Outcome.self)
        commit.submit([entries[1]]) { second.succeed($0) }
        for answer in [first, second] {
            guard case .failure(let error) = try await answer.futureResult.get() else {
                throw TestClient.Failure(what: "stored")
            }
            #expect(error.code == .busy)
        }
        log.goOn.signal()
        try await commit.idle().get()
        #expect(try state.numbers(in: log.log) == [1])
        #expect(commit.counts == (queued: 0, overloaded: 2, failed: 0))
        let third = loop.makePromise(of: GroupCommit.Outcome.self)
        commit.submit([entries[2]]) { third.succeed($0) }
        #expect(try await third.futureResult.get().get().stored == 1)
        try await commit.idle().get()
        try await group.shutdownGracefully()
    }
}

extension TestState {
    fileprivate func numbers(in log: any HitStore) throws -> [Int64] {
        try log.hits(of: credential.stream, after: 0, limit: 100).hits.map(\.seq)
    }
}

/// Whose first batch takes until it may go on.
private final class SlowStore: HitStore {
    let log: any HitStore
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
