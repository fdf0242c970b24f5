import NIOCore
import SMTP
import Synchronization

/// The connections of mail clients, and which of them have a mail on its way.
final class Sessions: Sendable {
    private struct State {
        var open: [Int: (channel: any Channel, isBusy: Bool)] = [:]
        var lastNumber = 0
        var isEnding = false
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// `nil` if there are as many as there may be, or no more are wanted.
    func enter(_ channel: any Channel) -> Int? {
        state.withLock { state in
            guard state.open.count < limit, !state.isEnding else { return nil }
            state.lastNumber += 1
            state.open[state.lastNumber] = (channel, false)
            return state.lastNumber
        }
    }

    func leave(_ number: Int) { state.withLock { $0.open[number] = nil } }

    /// A connection that is to end does so once its mail is done.
    func set(_ number: Int, isBusy: Bool) {
        let ending = state.withLock { state -> (any Channel)? in
            state.open[number]?.isBusy = isBusy
            return state.isEnding && !isBusy ? state.open[number]?.channel : nil
        }
        ending.map(Self.sayGoodbye)
    }

    func end() {
        let idle = state.withLock { state in
            state.isEnding = true
            return state.open.values.filter { !$0.isBusy }.map(\.channel)
        }
        idle.forEach(Self.sayGoodbye)
    }

    private static func sayGoodbye(to channel: any Channel) {
        let reply = Reply(421, "4.3.2", "stopping; come back later")
        // Behind whatever is being sent already.
        channel.writeAndFlush(ByteBuffer(bytes: reply.bytes)).whenComplete { _ in channel.close(promise: nil) }
    }
}
