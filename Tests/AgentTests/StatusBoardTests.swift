import Synchronization
import Testing

@testable import Agent

struct StatusBoardTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
        var last: String? { all.withLock(\.last) }
    }

    @Test func namesAFewAndCountsMany() async {
        let lines = Lines()
        let board = StatusBoard { line in lines.all.withLock { $0.append(line) } }
        #expect(await board.set(.connecting, of: "a"))
        #expect(lines.last == "0 of 1 accounts up to date")
        #expect(await board.set(.idle, of: "a"))
        #expect(await !board.set(.idle, of: "a"))
        _ = await board.set(.needsUser(reason: "no password"), of: "c")
        _ = await board.set(.scanning(done: 1, total: 2, left: nil), of: "b")
        #expect(lines.last == "1 of 3 accounts up to date; c: no password; b: looked at 1 of 2 messages")
        for name in ["d", "e", "f"] { _ = await board.set(.waiting(reason: "away", for: .seconds(1)), of: name) }
        #expect(
            lines.last
                == "1 of 6 accounts up to date; 4 in trouble: see `sentmark status`; b: looked at 1 of 2 messages")
        for name in ["b", "c", "d", "e", "f"] { _ = await board.set(.idle, of: name) }
        #expect(lines.last == "6 of 6 accounts up to date")
    }

    @Test func asksAgainForWhatCouldNotBeNoted() async {
        let board = StatusBoard { _ in }
        _ = await board.set(.idle, of: "a")
        #expect(await board.notNoted("a"))
        #expect(await !board.notNoted("a"))
        #expect(await board.set(.idle, of: "a"))
        await board.noted("a")
        #expect(await !board.set(.idle, of: "a"))
    }
}
