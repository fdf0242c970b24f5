import NIOCore

/// When the answers of a batch leave.
///
/// To store a hit takes longer than to count a forged one, and who sends one request at a time could tell good tokens from
/// bad by that: some 0.3 ms, plain after a thousand requests. So a batch of few is answered at whole steps of time after it
/// was begun, which are longer than the difference; in a crowd one entry more or less does not show. What the work leaves
/// behind in the processor's caches still shows, 3 µs of an answer, after a hundred thousand requests on a machine that has
/// other work: some of chance is added to each step, in which that drowns.
enum AnswerTime {
    static let step = TimeAmount.milliseconds(4)
    static let chance = 0..<TimeAmount.milliseconds(1).nanoseconds
    /// So many entries are a crowd. One network alone does not get there: ``RateLimiter``.
    static let crowd = 16

    /// `nil`: at once. `chance`: one of ``chance``, nanoseconds.
    static func release(
        of count: Int, begun: NIODeadline, done: NIODeadline, chance: @autoclosure () -> Int64
    ) -> NIODeadline? {
        guard count < crowd else { return nil }
        let spent = max(0, (done - begun).nanoseconds)
        return begun + step * Int(spent / step.nanoseconds + 1) + .nanoseconds(chance())
    }
}
