import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Tells the service manager how we are: the protocol of sd_notify(3), one datagram a message.
package struct ServiceNotifier: Sendable {
    /// Half of the time after which a silent service is killed; `nil` when nobody waits for a sign of life.
    package let watchdogInterval: Duration?
    private let address: [UInt8]

    /// `nil` when there is no service manager to tell.
    package init?(environment: [String: String] = ProcessInfo.processInfo.environment) {
        guard let socket = environment["NOTIFY_SOCKET"], socket.utf8.count > 1 else { return nil }
        var address = Array(socket.utf8)
        switch address[0] {
        case UInt8(ascii: "/"): break
        // The abstract namespace: a name behind a NUL.
        case UInt8(ascii: "@"): address[0] = 0
        default: return nil
        }
        guard address.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
        self.address = address
        let isOurs = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
        watchdogInterval = environment["WATCHDOG_USEC"].flatMap(Int64.init).flatMap { microseconds in
            isOurs && microseconds > 1 ? .microseconds(microseconds / 2) : nil
        }
    }

    /// The start is over, or a reload.
    @discardableResult
    package func ready(status: String? = nil) -> Bool { send(["READY=1"] + Self.statusLine(status)) }

    /// One line for `systemctl status`.
    @discardableResult
    package func status(_ text: String) -> Bool { send(Self.statusLine(text)) }

    @discardableResult
    package func stopping() -> Bool { send(["STOPPING=1"]) }

    /// ``ready(status:)`` must follow, also after a reload that changed nothing.
    @discardableResult
    package func reloading() -> Bool {
        let now = HostClock.read(CLOCK_MONOTONIC).components
        let microseconds = now.seconds * 1_000_000 + now.attoseconds / 1_000_000_000_000
        return send(["RELOADING=1", "MONOTONIC_USEC=\(microseconds)"])
    }

    /// The sign of life.
    @discardableResult
    package func keepAlive() -> Bool { send(["WATCHDOG=1"]) }

    /// Gives a sign of life at every ``watchdogInterval`` for which `isAlive` answers true, until the task is cancelled.
    /// Returns at once when nobody waits for one.
    package func watch(isAlive: @Sendable () async -> Bool) async {
        guard let watchdogInterval else { return }
        while !Task.isCancelled {
            if await isAlive() { keepAlive() }
            do { try await Task.sleep(for: watchdogInterval) } catch { return }
        }
    }

    private static func statusLine(_ text: String?) -> [String] {
        // A line end would begin another assignment.
        text.map { ["STATUS=" + String($0.map { $0.isNewline ? " " : $0 }.prefix(1024))] } ?? []
    }

    private func send(_ assignments: [String]) -> Bool {
        #if os(Linux)
            let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        #else
            let kind = SOCK_DGRAM
        #endif
        guard let socket = FileDescriptor(socket(AF_UNIX, kind, 0)) else { return false }
        // A manager that does not read must not hold us for ever.
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(socket.number, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var to = sockaddr_un()
        to.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &to.sun_path) { $0.copyBytes(from: address) }
        // The length counts: an abstract name ends where it says, not at a NUL.
        let length = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: to.sun_path) + address.count
        let message = Array(assignments.joined(separator: "\n").utf8)
        #if os(Linux)
            let flags = Int32(MSG_NOSIGNAL)
        #else
            let flags: Int32 = 0
        #endif
        let sent = withUnsafePointer(to: &to) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(socket.number, message, message.count, flags, $0, socklen_t(length))
            }
        }
        return sent == message.count
    }
}
