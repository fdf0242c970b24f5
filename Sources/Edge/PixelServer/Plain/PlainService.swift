#if os(Linux)
    import Foundation
    import NIOCore
    import NIOPosix

    /// The event loop's side of ``PixelLoop``: puts its hits into the same batches as all others, and serves the connections
    /// that it gives away. Belongs to the event loop.
    final class PlainService {
        private let router: Router
        /// Lives as long as its thread.
        private weak var loop: PixelLoop?

        init(router: Router) { self.router = router }

        /// A loop that serves the listening socket, once it is started. `nil` when the process has no descriptors left.
        static func loop(
            on listener: CInt, _ router: NIOLoopBound<Router>, _ pixels: Pixels, _ seats: Seats,
            now: @escaping @Sendable () -> Date
        ) async throws -> PixelLoop? {
            let eventLoop = router.eventLoop
            let service = try await eventLoop.submit {
                NIOLoopBound(PlainService(router: router.value), eventLoop: eventLoop)
            }.get()
            let outlets = PixelLoop.Outlets(
                store: { group in eventLoop.execute { service.value.store(group) } },
                handOver: { all in eventLoop.execute { for one in all { service.value.adopt(one) } } })
            guard let loop = PixelLoop(listener: listener, pixels: pixels, seats: seats, outlets: outlets, now: now)
            else { return nil }
            try await eventLoop.submit { service.value.loop = loop }.get()
            return loop
        }

        private func store(_ group: PixelLoop.Group) {
            router.store(group.entries) { [weak loop] stored in loop?.answer(group.keys, stored: stored) }
        }

        private func adopt(_ handover: Handover) {
            let router = NIOLoopBound(router, eventLoop: router.eventLoop)
            _ = ClientBootstrap(group: router.eventLoop).withConnectionOptions()
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            Connection(
                                peer: handover.peer, seat: handover.seat, received: handover.received,
                                until: handover.until, router: router.value))
                    }
                }
                .withConnectedSocket(handover.descriptor)
        }
    }
#endif
