#if os(Linux)
    import Foundation
    import NIOCore
    import NIOPosix

    /// The event loop's side of ``PixelLoop``: serves the connections that it gives away. Belongs to the event loop.
    struct PlainService {
        private let router: Router

        /// A loop that serves the listening socket, once it is started. `nil` when the process has no descriptors left.
        static func loop(
            on listener: CInt, _ router: NIOLoopBound<Router>, _ pixels: Pixels, _ seats: Seats,
            now: @escaping @Sendable () -> Date
        ) async throws -> PixelLoop? {
            let eventLoop = router.eventLoop
            let (service, commit) = try await eventLoop.submit {
                (NIOLoopBound(PlainService(router: router.value), eventLoop: eventLoop), router.value.commit)
            }.get()
            return PixelLoop(
                listener: listener, pixels: pixels, seats: seats, commit: commit,
                handOver: { all in eventLoop.execute { for one in all { service.value.adopt(one) } } }, now: now)
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
