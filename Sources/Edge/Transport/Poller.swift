import CLinux
import Glibc
import Synchronization

/// A thread that waits for many connections and makes every call of libcurl for them.
///
/// It is the executor of the actors that own libcurl handles: a handle is touched on this thread alone, and the compiler
/// sees to it. Waiting on an idle connection costs a file descriptor and no thread. Nothing that runs here may block, or
/// take longer than a few milliseconds.
///
/// Other actors may choose it, to go on without a change of threads when something has come. That takes a task that
/// prefers it, too: whoever has waited for a continuation goes on as nobody's, which is on any thread otherwise, before
/// an actor takes over.
///
/// A process makes one, or one more for what must not wait for the others, and keeps it: the thread never ends.
///
/// `@unchecked Sendable`: `watches` and `timers` are touched on the thread alone, the rest is constant or locked.
package final class Poller: SerialExecutor, TaskExecutor, @unchecked Sendable {
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

    private static let rounds = 8

    private let name: String
    /// Jobs are those of tasks that prefer it.
    private let isPreferred: Bool
    private let epoll: Int32
    /// Rung for jobs that come while the thread waits.
    private let bell: Int32
    private let queue = Mutex<(jobs: [UnownedJob], isWaiting: Bool)>(([], false))
    private let thread = Atomic<UInt>(0)
    private var watches: [Int32: Watch] = [:]
    private var timers: [ObjectIdentifier: Timer] = [:]
    /// No timer is due before; `nil` if there is none.
    private var firstDue: ContinuousClock.Instant?
    /// Where bytes land before they are copied to their connection; one call's use only.
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)

    /// - Parameters:
    ///   - name: the thread's in ps and top, at most 15 characters.
    ///   - isPreferred: whether those who come here are tasks that prefer it, as a rule. Others may, at a job more each time.
    package init(name: String = "poller", isPreferred: Bool = false) throws(TransportError) {
        self.name = name
        self.isPreferred = isPreferred
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
        // The thread looks for jobs before it waits.
        let isAsleep = queue.withLock { queue in
            queue.jobs.append(job)
            defer { queue.isWaiting = false }
            return queue.isWaiting
        }
        if isAsleep { eventfd_write(bell, 1) }
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
        let due = ContinuousClock.now + delay
        timers[ObjectIdentifier(owner)] = Timer(due: due, action: action)
        firstDue = firstDue.map { min($0, due) } ?? due
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
        clinux_name_thread(name)
        var events = [epoll_event](repeating: epoll_event(), count: 128)
        var jobs: [UnownedJob] = []
        while true {
            let isIdle = queue.withLock { queue in
                queue.isWaiting = queue.jobs.isEmpty
                return queue.isWaiting
            }
            let count = epoll_wait(epoll, &events, Int32(events.count), isIdle ? millisecondsToNextTimer() : 0)
            if isIdle { queue.withLock { $0.isWaiting = false } }
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
            // What jobs bring about is done at once as a rule, and not after one more look at the sockets.
            for _ in 0..<Self.rounds {
                queue.withLock { swap(&$0.jobs, &jobs) }
                if jobs.isEmpty { break }
                for job in jobs { perform(job) }
                jobs.removeAll(keepingCapacity: true)
            }
        }
    }

    /// Whatever runs here is alone, an actor's or nobody's.
    private func perform(_ job: UnownedJob) {
        if isPreferred {
            job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        } else {
            job.runSynchronously(on: asUnownedSerialExecutor())
        }
    }

    private func millisecondsToNextTimer() -> Int32 {
        guard let firstDue else { return -1 }
        let wait = ContinuousClock.now.duration(to: firstDue)
        guard wait > .zero else { return 0 }
        // Rounded up: woken early, the thread would turn in circles until the time has come.
        let (seconds, attoseconds) = wait.components
        return Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }

    private func fireTimers() {
        guard let firstDue else { return }
        let now = ContinuousClock.now
        guard firstDue <= now else { return }
        for (owner, timer) in timers where timer.due <= now {
            // An earlier one may have cancelled or replaced it.
            guard let current = timers[owner], current.due <= now else { continue }
            timers[owner] = nil
            current.action()
        }
        self.firstDue = timers.values.lazy.map(\.due).min()
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
