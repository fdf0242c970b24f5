import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// The clocks of a machine, as values, so that who needs the time can be given another.
package struct HostClock: Sendable {
    /// What the calendar says. Jumps when somebody sets it.
    package let now: @Sendable () -> Date
    /// Time since an arbitrary start that never jumps and goes on while the machine sleeps.
    package let elapsed: @Sendable () -> Duration
    /// The same, but it stands while the machine sleeps.
    package let awake: @Sendable () -> Duration

    package init(
        now: @escaping @Sendable () -> Date, elapsed: @escaping @Sendable () -> Duration,
        awake: @escaping @Sendable () -> Duration
    ) {
        self.now = now
        self.elapsed = elapsed
        self.awake = awake
    }

    package static let system = HostClock(now: { Date() }, elapsed: { read(sleepless) }, awake: { read(sleeping) })

    #if canImport(Darwin)
        private static var sleepless: clockid_t { CLOCK_MONOTONIC }
        private static var sleeping: clockid_t { CLOCK_UPTIME_RAW }
    #else
        private static var sleepless: clockid_t { CLOCK_BOOTTIME }
        private static var sleeping: clockid_t { CLOCK_MONOTONIC }
    #endif

    static func read(_ clock: clockid_t) -> Duration {
        var time = timespec()
        clock_gettime(clock, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

/// Room on a file system.
package struct DiskSpace: Sendable, Equatable {
    /// Bytes that we may still use, without what is kept for root.
    package let available: UInt64
    package let total: UInt64

    /// Of the file system that holds `path`, which must be there.
    package init(at path: String) throws(HostError) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else {
            throw .system(path, "its disk cannot be read", action: "check the path")
        }
        let block = UInt64(status.f_frsize)
        available = UInt64(status.f_bavail).multipliedReportingOverflow(by: block).partialValue
        total = UInt64(status.f_blocks).multipliedReportingOverflow(by: block).partialValue
    }
}
