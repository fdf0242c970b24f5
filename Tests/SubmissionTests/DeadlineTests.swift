import Testing

@testable import Submission

@Suite(.timeLimit(.minutes(1)))
struct DeadlineTests {
    @Test func workThatIsLateIsHeardOf() async {
        let (late, tell) = AsyncStream.makeStream(of: Int.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let value = await result(within: .milliseconds(20)) {
            _ = await gate.first { _ in true }
            return 7
        } late: {
            tell.yield($0)
        }
        #expect(value == nil)
        open.yield()
        #expect(await late.first { _ in true } == 7)
        #expect(
            await result(within: .seconds(3_600)) {
                8
            } late: { _ in
            } == 8)
    }
}
