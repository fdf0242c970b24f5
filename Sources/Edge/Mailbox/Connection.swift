import IMAP
import Transport

/// One logged-in IMAP connection: runs a ``Session`` over a ``ByteStream``, on the poller's thread, so that what arrives
/// is parsed without changing threads.
///
/// One task uses it; ``finishIdle()`` and ``close()`` may come from anywhere.
package actor Connection: MailConnection {
    package nonisolated let greeting: Greeting
    private let poller: Poller
    private let stream: ByteStream
    private var session: Session
    private var events: [Session.Event] = []
    /// Whether one of `events` should be known at once.
    private var isUrgent = false
    /// In the middle of a long answer its reader would be woken for every few kilobytes.
    private var isWorthTaking = false
    private var waiter: CheckedContinuation<Void, Never>?
    private var room: CheckedContinuation<Void, Never>?
    /// Octets that arrived since the reader's events were last all taken.
    private var untaken = 0
    private var outgoing: [[UInt8]] = []
    private var compression: Compression?
    /// Compressed octets that came together with the answer to COMPRESS.
    private var leftover: [UInt8] = []
    private var isSending = false
    private var ending: MailboxError?
    private var armed: Int64?
    private var timer: (deadline: Int64, ticket: Alarm.Ticket)?
    private var reader: Task<Void, Never>?
    private let start = ContinuousClock.now

    /// While commands run, this much is gathered before their task is woken, unless one of them ends.
    private static let batch = 512 << 10
    /// Above this the server is left waiting until what came has been worked on.
    private static let untakenLimit = 768 << 10

    nonisolated package var unownedExecutor: UnownedSerialExecutor { poller.asUnownedSerialExecutor() }

    private init(stream: ByteStream, greeting: Greeting, session: Session, on poller: Poller) {
        self.poller = poller
        self.stream = stream
        self.session = session
        self.greeting = greeting
    }

    /// Connects, logs in and gets into step with the server.
    /// - Parameter enabling: what the first command may ask to be enabled, if the login listed the capabilities.
    package static func open(
        _ options: ConnectionOptions, on poller: Poller, timing: Session.Timing = .init(),
        limits: Session.Limits = .init(), enabling: (Greeting) -> Capability? = { _ in nil }
    ) async throws(MailboxError) -> Connection {
        let stream: ByteStream
        do {
            stream = try await ByteStream.open(options, on: poller)
        } catch {
            throw .transport(error)
        }
        let greeting = Greeting(lines: stream.greetingLines)
        var random = SystemRandomNumberGenerator()
        let prefix = String(random.next() & 0xffff_ffff, radix: 36) + "x"
        let connection = Connection(
            stream: stream, greeting: greeting,
            session: Session(
                tagPrefix: prefix, capabilities: greeting.afterLogin ?? Capabilities(), timing: timing, limits: limits),
            on: poller)
        do {
            try await connection.begin(enabling: enabling(greeting))
        } catch {
            await connection.close()
            throw error
        }
        return connection
    }

    package var capabilities: Capabilities { session.capabilities }

    package var enabled: Set<Capability> { session.enabled }

    /// Whether both sides compress what they send, or did until the connection ended.
    package var isCompressed: Bool { compression != nil }

    /// Whether COMPRESS would be understood, and not for the second time.
    package var canCompress: Bool { compression == nil && session.capabilities.contains(.compressDeflate) }

    /// Keeps to what the server at the other end bears, as soon as it is known which one it is.
    package func restrict(idle: Duration, commandsInFlight: Int) {
        let (seconds, attoseconds) = idle.components
        session.restrict(
            idle: seconds * 1000 + attoseconds / 1_000_000_000_000_000, commandsInFlight: commandsInFlight)
        perform()
    }

    package func finishIdle() {
        session.finishIdle(now: now)
        perform()
    }

    package func close() {
        end(.closed(.loggedOut))
    }
}

extension Connection {
    private var now: Int64 {
        let elapsed = (ContinuousClock.now - start).components
        return elapsed.seconds * 1000 + elapsed.attoseconds / 1_000_000_000_000_000
    }

    private func begin(enabling wanted: Capability?) async throws(MailboxError) {
        session.begin(enabling: wanted, now: now)
        perform()
        // Preferred: what it waits for on the stream resumes on this thread, and not on another one that only hands it back.
        reader = Task(executorPreference: poller) { await self.read() }
        while true {
            if try await next().contains(where: { if case .ready = $0 { true } else { false } }) { return }
        }
    }

    /// Sends commands, all of which may be in flight at once, or queues them behind those that run. Who starts them
    /// takes their ends from ``next()``.
    package func start(_ commands: [Command]) throws(MailboxError) -> [Tag] {
        if let ending { throw ending }
        var tags: [Tag] = []
        do {
            for command in commands { tags.append(try session.start(command, now: now)) }
        } catch {
            throw .unsendable(error)
        }
        perform()
        return tags
    }

    /// All events that have come, at least one.
    package func next() async throws(MailboxError) -> [Session.Event] {
        while !isWorthTaking {
            if let ending {
                if events.isEmpty { throw ending }
                break
            }
            if Task.isCancelled { throw .cancelled }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    // Others may have been let in on the way here.
                    if Task.isCancelled || isWorthTaking || ending != nil {
                        continuation.resume()
                    } else {
                        waiter = continuation
                    }
                }
            } onCancel: {
                Task { await self.wake() }
            }
        }
        defer { events = [] }
        isUrgent = false
        isWorthTaking = false
        untaken = 0
        room.take()?.resume()
        return events
    }

    private func wake() { waiter.take()?.resume() }

    private func read() async {
        do throws(TransportError) {
            while ending == nil, let bytes = try await stream.receive() { await take(bytes) }
            session.endOfStream()
            perform()
        } catch {
            end(.transport(error))
        }
    }

    private func take(_ bytes: [UInt8]) async {
        guard let compression else {
            await takePlain(bytes)
            // From the answer to COMPRESS on.
            guard !leftover.isEmpty else { return }
            let rest = leftover
            leftover = []
            return await take(rest)
        }
        compression.feed(bytes)
        do throws(CompressionError) {
            while ending == nil, let piece = try compression.next() { await takePlain(piece) }
        } catch {
            end(.closed(.protocolError(error.what)))
        }
    }

    private func takePlain(_ bytes: [UInt8]) async {
        untaken += bytes.count
        session.received(bytes, now: now)
        perform()
        if untaken > Self.untakenLimit, !events.isEmpty, ending == nil {
            await withCheckedContinuation { continuation in
                // Others may have been let in on the way here, and have taken all.
                if untaken > Self.untakenLimit, !events.isEmpty, ending == nil {
                    room = continuation
                } else {
                    continuation.resume()
                }
            }
        }
    }

    private func perform() {
        for action in session.takeActions() {
            switch action {
            case .send(let bytes): outgoing.append(compression?.deflated(bytes) ?? bytes)
            case .compress(let received):
                compression = Compression()
                leftover = received
                if compression == nil { end(.transport(.outOfMemory)) }
            case .deliver(let event):
                events.append(event)
                isUrgent = isUrgent || event.isUrgent
            case .wait(let deadline): arm(deadline)
            case .close(let reason): end(.closed(reason))
            }
        }
        if !outgoing.isEmpty, !isSending {
            isSending = true
            Task { await self.send() }
        }
        isWorthTaking = !events.isEmpty && (isUrgent || untaken >= Self.batch || session.isIdle || !session.isBusy)
        if isWorthTaking { wake() }
    }

    private func send() async {
        while ending == nil, !outgoing.isEmpty {
            // What has gathered meanwhile leaves together.
            let bytes = outgoing.flatMap { $0 }
            outgoing = []
            do {
                try await stream.send(bytes)
            } catch {
                end(.transport(error))
            }
            session.sent(now: now)
            perform()
        }
        isSending = false
    }

    /// A timer that runs out early is set again; one for each deadline would cost more than it tells.
    private func arm(_ deadline: Int64?) {
        armed = deadline
        guard let deadline else { return }
        if let timer, timer.deadline <= deadline { return }
        if let timer { Alarm.shared.takeBack(timer.ticket) }
        let ticket = Alarm.shared.set(in: .milliseconds(max(0, deadline - now))) { [weak self] in
            Task { await self?.timeIsUp(deadline) }
        }
        timer = (deadline, ticket)
    }

    private func timeIsUp(_ deadline: Int64) {
        // Another one may have been set on the way here.
        guard timer?.deadline == deadline else { return }
        timer = nil
        session.tick(now: now)
        perform()
        if ending == nil { arm(armed) }
    }

    private func end(_ error: MailboxError) {
        guard ending == nil else { return }
        ending = error
        if let timer { Alarm.shared.takeBack(timer.ticket) }
        timer = nil
        stream.close()
        reader?.cancel()
        room.take()?.resume()
        wake()
    }
}

extension Session.Event {
    /// Whether somebody waits for just this.
    fileprivate var isUrgent: Bool {
        switch self {
        case .ready, .finished, .idling: true
        case .untagged, .skipped: false
        }
    }
}
