#if os(Linux)
    import CLinux
    import Glibc

    /// What one thread waits for: descriptors that have something to read, and a bell that other threads ring.
    final class Epoll {
        /// A descriptor, and which of its uses: a number that was closed is soon another connection's.
        struct Key: Equatable, Sendable {
            var descriptor: CInt
            var use: UInt32
        }

        struct Event {
            var key: Key
            /// The other side has ended its direction, or there is no connection any more.
            var isEnded: Bool
        }

        private let epoll: CInt
        private let bell: Bell
        private let events: UnsafeMutableBufferPointer<epoll_event>

        /// `nil` when the process has no descriptors left.
        init?(atOnce: Int = 512) {
            epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
            guard epoll >= 0, let bell = Bell() else {
                if epoll >= 0 { close(epoll) }
                return nil
            }
            self.bell = bell
            events = .allocate(capacity: atOnce)
            add(Key(descriptor: bell.descriptor, use: 0), edges: true)
        }

        deinit {
            close(epoll)
            events.deallocate()
        }

        /// Wakes the thread that waits, or the next wait. Any thread may.
        func ring() { bell.ring() }

        /// - Parameter edges: told when something more has come, and not for as long as there is something.
        @discardableResult
        func add(_ key: Key, edges: Bool) -> Bool {
            var event = epoll_event()
            event.events = EPOLLIN.rawValue | EPOLLRDHUP.rawValue | (edges ? EPOLLET.rawValue : 0)
            event.data.u64 = UInt64(key.use) << 32 | UInt64(UInt32(bitPattern: key.descriptor))
            return epoll_ctl(epoll, EPOLL_CTL_ADD, key.descriptor, &event) == 0
        }

        func remove(_ descriptor: CInt) { _ = epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil) }

        /// Waits for at most so long, for ever if negative, and calls `body` for each descriptor that has something.
        func wait(milliseconds: CInt, _ body: (Event) -> Void) {
            let count = epoll_wait(epoll, events.baseAddress, CInt(events.count), milliseconds)
            guard count > 0 else { return }
            let ended = EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue
            for event in events[..<Int(count)] {
                let data = event.data.u64
                let key = Key(descriptor: CInt(bitPattern: UInt32(truncatingIfNeeded: data)), use: UInt32(data >> 32))
                if key.descriptor == bell.descriptor {
                    bell.silence()
                } else {
                    body(Event(key: key, isEnded: event.events & ended != 0))
                }
            }
        }
    }

    private final class Bell: Sendable {
        let descriptor: CInt

        init?() {
            descriptor = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
            if descriptor < 0 { return nil }
        }

        deinit { close(descriptor) }

        func ring() { eventfd_write(descriptor, 1) }

        func silence() {
            var count: eventfd_t = 0
            eventfd_read(descriptor, &count)
        }
    }
#endif
