#if os(Linux)
    import CLinux
    import Foundation
    import Glibc
    import NIOCore
    import Opens
    import Synchronization

    /// Answers requests for pixels on connections without TLS, on a thread of its own, and hands every connection on which
    /// anything else is asked to the event loop, for good: a pull, a bad request, half a head, two heads at once.
    ///
    /// What it does itself is therefore little: one read for a request, one write for its answer. A client that is served
    /// here gets the bytes that it would get there.
    ///
    /// `@unchecked Sendable`: all but `inbox`, `ended` and the bell is touched on the thread alone or constant.
    final class PixelLoop: @unchecked Sendable {
        /// What has come in one turn, and from whom.
        private struct Group: Sendable {
            var entries: [LogEntry] = []
            var keys: [Epoll.Key] = []
        }

        private enum Message {
            case answer([Epoll.Key], stored: Bool)
            /// Takes no more connections, and ends when nothing is owed.
            case end
            /// Ends at once.
            case abort
        }

        private static let sweep = TimeAmount.milliseconds(250)

        let pixels: Pixels
        let now: @Sendable () -> Date
        private let listener: CInt
        private let seats: Seats
        private let commit: GroupCommit
        /// Gives connections to the event loop. Called on the thread.
        private let handOvers: @Sendable ([Handover]) -> Void
        private let epoll: Epoll
        private let inbox = Mutex<[Message]>([])
        private let ended = Mutex<(isOver: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Connection.readBytes, alignment: 16)
        var answers = EncodedAnswers()
        /// By descriptor.
        private var connections: [PlainConnection?] = []
        private var open = 0
        private var uses: UInt32 = 0
        private var accepted = Group()
        private var handovers: [Handover] = []
        private var swept = NIODeadline.now()
        private var listens = false
        private(set) var isEnding = false
        private var isOver = false

        /// `listener` is closed when it ends. `nil` when the process has no descriptors left.
        init?(
            listener: CInt, pixels: Pixels, seats: Seats, commit: GroupCommit,
            handOver: @escaping @Sendable ([Handover]) -> Void, now: @escaping @Sendable () -> Date
        ) {
            guard let epoll = Epoll() else { return nil }
            self.listener = listener
            self.pixels = pixels
            self.seats = seats
            self.commit = commit
            handOvers = handOver
            self.now = now
            self.epoll = epoll
        }

        deinit { buffer.deallocate() }

        func start() {
            let thread = Thread { self.run() }
            thread.name = "pixels"
            thread.start()
        }

        /// Takes no more connections, and returns when all is answered that was asked, or after so long.
        func end(within time: Duration) async {
            send(.end)
            let abort = Task {
                try await Task.sleep(for: time)
                send(.abort)
            }
            await withCheckedContinuation { continuation in
                let isOver = ended.withLock { ended in
                    if !ended.isOver { ended.waiters.append(continuation) }
                    return ended.isOver
                }
                if isOver { continuation.resume() }
            }
            abort.cancel()
        }

        private func send(_ message: Message) {
            let isFirst = inbox.withLock { inbox in
                inbox.append(message)
                return inbox.count == 1
            }
            if isFirst { epoll.ring() }
        }
    }

    extension PixelLoop {
        private func run() {
            listen()
            while !isOver {
                epoll.wait(milliseconds: isWatching ? CInt(Self.sweep.nanoseconds / 1_000_000) : -1) { event in
                    if event.key.descriptor == listener {
                        accept()
                    } else if let connection = connection(event.key) {
                        if event.isEnded { connection.isEnded = true }
                        ready(connection)
                    }
                }
                for message in inbox.withLock({ inbox in exchange(&inbox, with: []) }) { take(message) }
                if !accepted.entries.isEmpty { submit(exchange(&accepted, with: Group())) }
                if !handovers.isEmpty { handOvers(exchange(&handovers, with: [])) }
                look(.now())
                if isEnding, open == 0 { isOver = true }
            }
            for case let connection? in connections { close(connection) }
            Glibc.close(listener)
            let waiters = ended.withLock { ended in
                ended.isOver = true
                return exchange(&ended.waiters, with: [])
            }
            for waiter in waiters { waiter.resume() }
        }

        private func submit(_ group: Group) {
            commit.submit(group.entries) { [weak self] outcome in
                self?.send(.answer(group.keys, stored: (try? outcome.get()) != nil))
            }
        }

        /// Without anybody who has a deadline there is nothing to wake up for.
        private var isWatching: Bool { open > 0 || !listens }

        private func take(_ message: Message) {
            switch message {
            case .answer(let keys, let stored):
                let moment = moment
                for key in keys {
                    guard let connection = connection(key), case .storing = connection.phase else { continue }
                    send(stored ? .pixel : .notStored, to: connection, at: moment)
                }
            case .end:
                isEnding = true
                pause()
                for case let connection? in connections {
                    // A client that has just connected is owed an answer all the same.
                    if case .waiting = connection.phase, !connection.isFresh { close(connection) }
                }
            case .abort: isOver = true
            }
        }

        private func listen() { listens = epoll.add(Epoll.Key(descriptor: listener, use: 0), edges: false) }

        private func pause() {
            if listens { epoll.remove(listener) }
            listens = false
        }

        private func connection(_ key: Epoll.Key) -> PlainConnection? {
            guard connections.indices.contains(Int(key.descriptor)), let found = connections[Int(key.descriptor)],
                found.key == key
            else { return nil }
            return found
        }

        private func accept() {
            // Others have something to say as well.
            for _ in 0..<64 {
                var storage = sockaddr_storage()
                let descriptor = clinux_accept(listener, &storage)
                if descriptor < 0 {
                    // Out of descriptors or memory it would be told again at once, and again: the next sweep is soon enough.
                    if ![EAGAIN, EINTR, ECONNABORTED].contains(errno) { pause() }
                    return
                }
                guard let (peer, _) = IPAddress.read(storage), let seat = seats.take() else {
                    Glibc.close(descriptor)
                    continue
                }
                var on: CInt = 1
                setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
                uses &+= 1
                let connection = PlainConnection(
                    key: Epoll.Key(descriptor: descriptor, use: uses), peer: peer, seat: seat, until: headDeadline)
                guard epoll.add(connection.key, edges: true) else {
                    Glibc.close(descriptor)
                    continue
                }
                while connections.count <= Int(descriptor) { connections.append(nil) }
                connections[Int(descriptor)] = connection
                open += 1
            }
        }

        var headDeadline: NIODeadline { .now() + .seconds(Int64(pixels.limits.headSeconds)) }

        /// What the clocks say to an answer: asked once for many.
        struct Moment {
            let date: Date
            /// When the next head has to be there.
            let headDeadline: NIODeadline
        }

        var moment: Moment { Moment(date: now(), headDeadline: headDeadline) }

        func store(_ entry: LogEntry, for connection: PlainConnection) {
            connection.phase = .storing
            accepted.entries.append(entry)
            accepted.keys.append(connection.key)
        }

        func close(_ connection: PlainConnection) {
            forget(connection)
            Glibc.close(connection.key.descriptor)
        }

        func handOver(_ connection: PlainConnection, received: UnsafeRawBufferPointer, until: NIODeadline) {
            forget(connection)
            epoll.remove(connection.key.descriptor)
            handovers.append(
                Handover(
                    descriptor: connection.key.descriptor, peer: connection.peer, seat: connection.seat,
                    received: ByteBuffer(bytes: received), until: until))
        }

        private func forget(_ connection: PlainConnection) {
            connections[Int(connection.key.descriptor)] = nil
            open -= 1
        }

        /// Who has let a deadline pass goes.
        private func look(_ now: NIODeadline) {
            guard now >= swept + Self.sweep else { return }
            swept = now
            for case let connection? in connections {
                switch connection.phase {
                case .waiting(let until) where until <= now, .lingering(let until) where until <= now: close(connection)
                case .waiting, .lingering, .storing: break
                }
            }
            if !listens, !isEnding { listen() }
        }
    }
#endif
