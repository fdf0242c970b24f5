import CLinux
import Glibc
import Synchronization

/// The one thread that waits for all connections of the process and makes every call of libcurl.
///
/// It is the executor of the actors that own libcurl handles: a handle is touched on this thread alone, and the compiler
/// sees to it. Waiting on an idle connection costs a file descriptor and no thread. Nothing that runs here may block.
///
/// A process makes one and keeps it: the thread never ends.
///
/// `@unchecked Sendable`: `watches` and `timers` are touched on the thread alone, the rest is constant or locked.
package final class Poller: SerialExecutor, @unchecked Sendable {
    struct Readiness: OptionSet {
        let rawValue: UInt8
        static let readable = Readiness(rawValue: 1)
        static let writable = Readiness(rawValue: 2)
        /// Set by the kernel alone, whatever was asked for: the socket has failed or both directions have ended.
        static let broken = Readiness(rawValue: 4)
    }

    private struct Watch {
        var interest: Readiness
        let ready: (Readiness) -> Void
    }

    private struct Timer {
        let due: ContinuousClock.Instant
        let action: () -> Void
    }

    private let epoll: Int32
    /// Readable while `jobs` has some that the thread has not seen.
    private let bell: Int32
    private let jobs = Mutex<[UnownedJob]>([])
    private let thread = Atomic<UInt>(0)
    private var watches: [Int32: Watch] = [:]
    private var timers: [ObjectIdentifier: Timer] = [:]
    /// Where bytes land before they are copied to their connection; one call's use only.
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)

    package init() throws(TransportError) {
        if let failure = CurlLibrary.failure { throw failure }
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard epoll >= 0, bell >= 0, control(EPOLL_CTL_ADD, bell, .readable) else {
            throw Self.noResources("file descriptors")
        }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let failure = pthread_create(&thread, nil, Self.main, context.toOpaque())
        guard failure == 0 else {
            context.release()
            throw Self.noResources("threads")
        }
        pthread_detach(thread)
    }

    deinit {
        // Reached only when the thread could not be started.
        if epoll >= 0 { close(epoll) }
        if bell >= 0 { close(bell) }
        scratch.deallocate()
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isFirst = jobs.withLock { jobs in
            jobs.append(job)
            return jobs.count == 1
        }
        // The thread itself looks for jobs before it waits.
        if isFirst, thread.load(ordering: .relaxed) != UInt(pthread_self()) { eventfd_write(bell, 1) }
    }

    package func checkIsolated() {
        precondition(UInt(pthread_self()) == thread.load(ordering: .relaxed), "not on the poller's thread")
    }
}

/// For the owners of sockets, on the poller's thread.
extension Poller {
    /// Calls `ready` whenever the socket is in one of the states, until ``unwatch(_:)``. Level-triggered. Asking again
    /// replaces interest and callback. False when the kernel refuses.
    func watch(_ socket: Int32, for interest: Readiness, _ ready: @escaping (Readiness) -> Void) -> Bool {
        let known = watches.updateValue(Watch(interest: interest, ready: ready), forKey: socket)
        if known?.interest == interest { return true }
        // A socket that was closed while watched has left the set by itself, and its number may have come back.
        if known != nil, control(EPOLL_CTL_MOD, socket, interest) { return true }
        if control(EPOLL_CTL_ADD, socket, interest) { return true }
        if errno == EEXIST, control(EPOLL_CTL_MOD, socket, interest) { return true }
        watches[socket] = nil
        return false
    }

    func unwatch(_ socket: Int32) {
        guard watches.removeValue(forKey: socket) != nil else { return }
        _ = control(EPOLL_CTL_DEL, socket, [])
    }

    /// Calls `action` once, not before `delay` has passed. An owner has one timer; setting it again replaces it.
    func setTimer(of owner: AnyObject, after delay: Duration, _ action: @escaping () -> Void) {
        timers[ObjectIdentifier(owner)] = Timer(due: .now + delay, action: action)
    }

    func cancelTimer(of owner: AnyObject) {
        timers[ObjectIdentifier(owner)] = nil
    }
}

extension Poller {
    private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context else { return nil }
        Unmanaged<Poller>.fromOpaque(context).takeUnretainedValue().run()
        return nil
    }

    private func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        clinux_name_thread("poller")
        var events = [epoll_event](repeating: epoll_event(), count: 128)
        while true {
            let wait = jobs.withLock { $0.isEmpty } ? millisecondsToNextTimer() : 0
            let count = epoll_wait(epoll, &events, Int32(events.count), wait)
            for event in events.prefix(Int(max(0, count))) {
                let socket = event.data.fd
                if socket == bell {
                    var ignored: eventfd_t = 0
                    eventfd_read(bell, &ignored)
                } else {
                    // A socket closed by an event before this one may be meant; its successor finds nothing to do.
                    watches[socket]?.ready(Readiness(events: event.events))
                }
            }
            fireTimers()
            for job in jobs.withLock({ jobs in
                defer { jobs = [] }; return jobs
            }) {
                job.runSynchronously(on: asUnownedSerialExecutor())
            }
        }
    }

    private func millisecondsToNextTimer() -> Int32 {
        guard let due = timers.values.map(\.due).min() else { return -1 }
        let wait = ContinuousClock.now.duration(to: due)
        guard wait > .zero else { return 0 }
        // Rounded up: woken early, the thread would turn in circles until the time has come.
        let (seconds, attoseconds) = wait.components
        return Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }

    private func fireTimers() {
        guard !timers.isEmpty else { return }
        let now = ContinuousClock.now
        for (owner, timer) in timers where timer.due <= now {
            // An earlier one may have cancelled or replaced it.
            guard let current = timers[owner], current.due <= now else { continue }
            timers[owner] = nil
            current.action()
        }
    }

    private func control(_ operation: Int32, _ socket: Int32, _ interest: Readiness) -> Bool {
        var event = epoll_event()
        event.events = interest.events
        event.data.fd = socket
        return epoll_ctl(epoll, operation, socket, &event) == 0
    }

    private static func noResources(_ what: String) -> TransportError {
        TransportError(
            .other, "the system has no \(what) left (\(String(cString: strerror(errno))))", .retryLater(after: nil))
    }
}

extension Poller.Readiness {
    fileprivate init(events: UInt32) {
        self = []
        if events & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue) != 0 { insert(.readable) }
        if events & EPOLLOUT.rawValue != 0 { insert(.writable) }
        if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { insert(.broken) }
    }

    fileprivate var events: UInt32 {
        (contains(.readable) ? EPOLLIN.rawValue : 0) | (contains(.writable) ? EPOLLOUT.rawValue : 0)
    }
}
