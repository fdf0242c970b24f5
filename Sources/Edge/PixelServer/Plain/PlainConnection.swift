#if os(Linux)
    import NIOCore
    import Opens

    /// A client of ``PixelLoop``: between two requests, or waiting for its answer.
    final class PlainConnection {
        enum Phase {
            case waiting(until: NIODeadline)
            /// Its hit is on the way to the disk. Nothing is read meanwhile.
            case storing
            /// Our side is shut; what still comes is dropped, so that the answer is not lost to a reset.
            case lingering(until: NIODeadline)
        }

        let key: Epoll.Key
        let peer: IPAddress
        let seat: Seat
        var phase: Phase
        /// There may be something to read that no event will tell of any more.
        var hasMore = false
        /// The client sends nothing more: the next answer is the last.
        var isEnded = false
        /// Nothing has been asked yet.
        var isFresh = true
        /// Of the request that is being answered.
        var isHead = false
        var closes = false

        init(key: Epoll.Key, peer: IPAddress, seat: Seat, until: NIODeadline) {
            self.key = key
            self.peer = peer
            self.seat = seat
            phase = .waiting(until: until)
        }
    }

    /// A connection that is to be served by ``Connection`` from here on.
    struct Handover: Sendable {
        let descriptor: CInt
        let peer: IPAddress
        let seat: Seat
        /// Read already.
        let received: ByteBuffer
        /// When a whole head must have come.
        let until: NIODeadline
    }
#endif
