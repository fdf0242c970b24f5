import Host
import Logging
import Secrets
import SentSync
import Synchronization
import Testing

@testable import Agent

/// What commands print, with a command and a clock in their place.
struct CredentialsTests {
    /// Prints one secret after the other, and notes what for.
    private final class Printer: Sendable {
        let runs = Mutex<[Bool]>([])
        let time = Mutex(Duration.zero)
        let printed: [Credentials.Printed]

        init(_ printed: String...) { self.printed = printed.map { .init(secret: Secret($0)) } }
        init(_ printed: [(String, Duration)]) {
            self.printed = printed.map { .init(secret: Secret($0.0), lifetime: $0.1) }
        }

        var credentials: Credentials {
            Credentials(elapsed: { self.time.withLock { $0 } }) { _, isForced in
                let number = self.runs.withLock { runs in
                    runs.append(isForced)
                    return runs.count
                }
                await Task.yield()
                return self.printed[number - 1]
            }
        }
        var isForced: [Bool] { runs.withLock { $0 } }
    }

    private let command = SecretCommand.token(["oama", "access", "me@example.org"])

    @Test func aRunServesAllForFiftyMinutes() async throws {
        let printer = Printer("one", "two")
        let credentials = printer.credentials
        try await withThrowingTaskGroup(of: Secret.self) { group in
            for _ in 0..<100 { group.addTask { try await credentials.secret(from: command).secret } }
            for try await secret in group { #expect(secret == Secret("one")) }
        }
        printer.time.withLock { $0 = .seconds(50 * 60 - 1) }
        #expect(try await credentials.secret(from: command).secret == Secret("one"))
        printer.time.withLock { $0 = .seconds(50 * 60) }
        #expect(try await credentials.secret(from: command).secret == Secret("two"))
        #expect(printer.isForced == [false, false])
    }

    /// What will end within five minutes is nothing to begin a session with.
    @Test func aTokenThatNearsItsEndIsNotHandedOut() async throws {
        let printer = Printer([("one", .seconds(3599)), ("two", .seconds(1000)), ("three", .seconds(3599))])
        let credentials = printer.credentials
        #expect(try await credentials.secret(from: command) == .init(secret: Secret("one"), end: .seconds(3599)))
        printer.time.withLock { $0 = .seconds(3000) }
        #expect(try await credentials.secret(from: command) == .init(secret: Secret("two"), end: .seconds(4000)))
        printer.time.withLock { $0 = .seconds(3899) }
        #expect(try await credentials.secret(from: command).secret == Secret("two"))
        printer.time.withLock { $0 = .seconds(3900) }
        #expect(try await credentials.secret(from: command).secret == Secret("three"))
    }

    /// A command that keeps its token prints it again; the token is as old as it was.
    @Test func aTokenThatIsPrintedAgainEndsWhenItDid() async throws {
        let printer = Printer([("one", .seconds(3600)), ("one", .seconds(3600)), ("two", .seconds(3600))])
        let credentials = printer.credentials
        _ = try await credentials.secret(from: command)
        printer.time.withLock { $0 = .seconds(3100) }
        #expect(try await credentials.secret(from: command).end == .seconds(3600))
        #expect(
            try await credentials.another(than: Secret("one"), from: command)
                == .init(secret: Secret("two"), end: .seconds(6700)))
    }

    @Test func aRefusedOneIsReplacedOnce() async throws {
        let printer = Printer("old", "new")
        let credentials = printer.credentials
        let old = try await credentials.secret(from: command).secret
        // Of all accounts that were refused, one asks for a new one.
        try await withThrowingTaskGroup(of: Secret?.self) { group in
            for _ in 0..<100 { group.addTask { try await credentials.another(than: old, from: command)?.secret } }
            for try await secret in group { #expect(secret == Secret("new")) }
        }
        #expect(printer.isForced == [false, true])
    }

    @Test func thereIsNoOtherIfTheSameComesAgain() async throws {
        let printer = Printer("same", "same", "corrected")
        let credentials = printer.credentials
        let secret = try await credentials.secret(from: command).secret
        #expect(try await credentials.another(than: secret, from: command) == nil)
        // It is not kept either: its user may have put it right.
        #expect(try await credentials.secret(from: command).secret == Secret("corrected"))
        #expect(printer.isForced == [false, true, false])
    }

    @Test func goodbyeForgetsWhatWasUsed() async throws {
        let printer = Printer("one", "two")
        let credentials = printer.credentials
        await credentials.forget(try await credentials.secret(from: command).secret, from: command)
        #expect(try await credentials.secret(from: command).secret == Secret("two"))
        await credentials.forget(Secret("one"), from: command)
        #expect(try await credentials.secret(from: command).secret == Secret("two"))
    }

    @Test func aCommandEndsWithTheLastWhoWaits() async throws {
        let began = Latch()
        let credentials = Credentials(elapsed: { .zero }) { _, _ in
            began.open()
            try await Task.sleep(for: .seconds(3600))
            return Credentials.Printed(secret: Secret("late"))
        }
        let tasks = (0..<3).map { _ in Task { try await credentials.secret(from: command) } }
        await began.wait()
        for task in tasks { task.cancel() }
        for task in tasks {
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }
}

struct LoginTurnsTests {
    private actor Room {
        private(set) var now = 0
        private(set) var most = 0
        func enter() {
            now += 1
            most = max(most, now)
        }
        func leave() { now -= 1 }
    }

    @Test func fourAtOnceToAHost() async {
        let turns = LoginTurns()
        let room = Room()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    guard await turns.take(at: "a") else { return }
                    await room.enter()
                    for _ in 0..<10 { await Task.yield() }
                    await room.leave()
                    await turns.giveBack(at: "a")
                }
            }
        }
        #expect(await room.most == 4)
        #expect(await room.now == 0)
    }

    @Test func aHostDoesNotWaitForAnother() async {
        let turns = LoginTurns()
        for _ in 0..<4 { #expect(await turns.take(at: "a")) }
        #expect(await turns.take(at: "b"))
    }

    @Test func whoIsCancelledTakesNoTurn() async {
        let turns = LoginTurns()
        for _ in 0..<4 { _ = await turns.take(at: "a") }
        let waiting = Task { await turns.take(at: "a") }
        waiting.cancel()
        #expect(await waiting.value == false)
        await turns.giveBack(at: "a")
        #expect(await turns.take(at: "a"))
    }
}

struct WakeServiceTests {
    private final class Sleeper: Sendable {
        let slept = Mutex(Duration.zero)
    }

    @Test func ringsAfterASleepAlone() async {
        let sleeper = Sleeper()
        let clock = HostClock(
            now: { .now }, elapsed: { .seconds(100) + sleeper.slept.withLock { $0 } }, awake: { .seconds(7) })
        let bell = Bell()
        let service = WakeService(
            clock: clock, bells: [bell], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        var watch = SleepWatch()
        service.look(&watch)
        service.look(&watch)
        #expect(!bell.isRung)
        sleeper.slept.withLock { $0 = .seconds(3600) }
        service.look(&watch)
        #expect(bell.isRung)
    }
}
