import NIOCore
import Testing

@testable import PixelServer

struct AnswerTimeTests {
    private static let begun = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test(arguments: [(0, 4), (1, 4), (3_999_999, 4), (4_000_000, 8), (9_500_000, 12), (-1, 4)])
    func fewAreAnsweredAtWholeSteps(spent: Int64, milliseconds: Int64) {
        for count in 1..<AnswerTime.crowd {
            for chance in [0, 700_000] as [Int64] {
                let moment = AnswerTime.release(
                    of: count, begun: Self.begun, done: Self.begun + .nanoseconds(spent), chance: chance)
                #expect(moment == Self.begun + .milliseconds(milliseconds) + .nanoseconds(chance))
            }
        }
    }

    @Test func aCrowdIsAnsweredAtOnce() {
        #expect(AnswerTime.release(of: AnswerTime.crowd, begun: Self.begun, done: Self.begun, chance: 0) == nil)
    }
}
