import Foundation
import Synchronization

/// The agent's time: it goes on where nothing happens, and so does whatever waits for it.
final class SoakClock: Sendable {
    private let time = Mutex(World.now)

    var now: Date { time.withLock { $0 } }

    func advance(minutes: Int = 1) { time.withLock { $0 += Double(minutes) * 60 } }
}
