import Host
import Logging
import SentSync
import ServiceLifecycle

/// After the machine has slept, lets every account look at once whether its connection still lives, and connect again if
/// it had given up for a while.
struct WakeService: Service {
    let clock: HostClock
    /// Each account's bells for news, which end its IDLE with a DONE that must be answered, and for the pause between two sessions.
    let bells: [Bell]
    let logger: Logger

    static let interval = Duration.seconds(5)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var watch = SleepWatch()
            while !Task.isCancelled {
                look(&watch)
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    func look(_ watch: inout SleepWatch) {
        guard let time = watch.slept(elapsed: clock.elapsed(), awake: clock.awake()) else { return }
        logger.notice("the machine has slept", metadata: ["seconds": "\(time.components.seconds)"])
        for bell in bells { bell.ring() }
    }
}
