import NIOCore
import Opens

/// One client's connection: takes requests one after the other, answers each, and bounds the time of every step.
///
/// Memory is bounded by reading: one read of at most ``readBytes`` is taken, and no further one while a request of it
/// waits for its turn.
final class Connection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    static let readBytes = 4096
    private static let lingerSeconds: Int64 = 1

    private enum Phase {
        case waiting(until: NIODeadline)
        /// With the router; a long poll may be given up when the client goes.
        case answering(cancel: (() -> Void)?)
        case writing(until: NIODeadline)
        /// Our side is shut; what still comes is dropped, so that the answer is not lost to a reset.
        case lingering(until: NIODeadline)
        case closed
    }

    /// Whom it reaches.
    enum Listener: Hashable {
        /// Recipients and agents.
        case pixels
        /// Those who watch over the server.
        case operations
    }

    /// Of the socket; where a proxy says in front of the connection who it is for, that address.
    var peer: IPAddress
    let listener: Listener
    private let router: Router
    private var phase = Phase.closed
    private var heads: HeadDecoder
    private var queue = CircularBuffer<Result<Request, Request.Refusal>>()
    private var context: ChannelHandlerContext?
    /// Looks at the phase's deadline. There is none during a long poll: ten thousand that wait are to cost nothing.
    private var timer: Scheduled<Void>?
    private var readIsPending = false
    /// No further request is taken: one was refused, or the client or the server is about to end.
    private var isLast = false
    /// The server ends: one request more is taken.
    private var isEnding = false
    private var isAdvancing = false
    private var isHead = false
    /// Nothing has come yet. A client that has just connected is owed an answer, also by a server that is about to end.
    private var isFresh = true

    /// One of those that strangers may have open at once.
    var seat: Seat?
    /// What had come before it was this connection's, and when the head has to be whole that this begins.
    private var received: (bytes: ByteBuffer, until: NIODeadline)?

    init(peer: IPAddress, listener: Listener, router: Router) {
        self.peer = peer
        self.listener = listener
        self.router = router
        heads = HeadDecoder(limits: router.limits.head)
    }

    /// One that has been served elsewhere so far.
    convenience init(peer: IPAddress, seat: Seat, received: ByteBuffer, until: NIODeadline, router: Router) {
        self.init(peer: peer, listener: .pixels, router: router)
        self.seat = seat
        self.received = (received, until)
    }

    func channelActive(context: ChannelHandlerContext) {
        guard router.opened(self) else {
            context.close(promise: nil)
            return
        }
        self.context = context
        phase = .waiting(until: received?.until ?? .now() + .seconds(Int64(router.limits.headSeconds)))
        watch(context, from: .now())
        if let bytes = received?.bytes {
            received = nil
            receive(bytes)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        guard self.context != nil else { return }
        if case .answering(let cancel?) = phase { cancel() }
        phase = .closed
        self.context = nil
        timer?.cancel()
        seat = nil
        router.closed(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        receive(unwrapInboundIn(data))
    }

    private func receive(_ bytes: ByteBuffer) {
        heads.receive(bytes.readableBytesView)
        while !isLast, let head = heads.next() { take(head) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event as? ChannelEvent == .inputClosed else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        isLast = true
        switch phase {
        case .waiting where queue.isEmpty, .answering(.some), .lingering: context.close(promise: nil)
        case .waiting, .answering(nil), .writing, .closed: break
        }
    }

    func read(context: ChannelHandlerContext) {
        if queue.isEmpty { context.read() } else { readIsPending = true }
    }

    /// The answer to the request that the router was given last.
    func finish(_ response: Response) {
        guard let context, case .answering = phase else { return }
        let close = isLast && queue.isEmpty
        let bytes = response.encoded(date: router.date, body: !isHead, close: close)
        phase = .writing(until: .now() + .seconds(Int64(router.limits.writeSeconds)))
        if timer == nil { watch(context, from: .now()) }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { result in
            switch result {
            case .success: self.wrote(closing: close)
            case .failure: context.close(promise: nil)
            }
        }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: written)
    }

    /// The answer may take long; `cancel` is called when the client goes away before.
    func answerLater(cancel: @escaping () -> Void) {
        guard case .answering = phase else { return }
        phase = .answering(cancel: cancel)
        timer?.cancel()
        timer = nil
    }

    /// The server stops: ends now if nothing is owed, else after the answer.
    func end() {
        guard !isFresh else {
            isEnding = true
            return
        }
        isLast = true
        if case .waiting = phase, queue.isEmpty { context?.close(promise: nil) }
    }

    /// The server has no more time for it.
    func abort() { context?.close(promise: nil) }

    private func take(_ request: Result<Request, Request.Refusal>) {
        guard !isLast else { return }
        isFresh = false
        if case .success(let request) = request { isLast = isEnding || !request.keepAlive } else { isLast = true }
        queue.append(request)
        advance()
    }

    /// A loop instead of a recursion: an answer can be complete before the router returns.
    private func advance() {
        guard !isAdvancing else { return }
        isAdvancing = true
        defer { isAdvancing = false }
        while case .waiting = phase, let next = queue.popFirst() {
            phase = .answering(cancel: nil)
            switch next {
            case .success(let request):
                isHead = request.method == "HEAD"
                router.answer(request, on: self)
            case .failure(let refusal):
                isHead = false
                router.refused(refusal)
                finish(.refused(refusal))
            }
        }
        if queue.isEmpty, readIsPending, let context {
            readIsPending = false
            context.read()
        }
    }

    private func wrote(closing: Bool) {
        guard let context, case .writing = phase else { return }
        if closing {
            phase = .lingering(until: .now() + .seconds(Self.lingerSeconds))
            context.close(mode: .output, promise: nil)
        } else if isLast, queue.isEmpty {
            context.close(promise: nil)
        } else {
            phase = .waiting(until: .now() + .seconds(Int64(router.limits.headSeconds)))
            advance()
        }
    }

    /// One timer after the other for the life of the connection: each looks at the phase's deadline when it fires.
    private func watch(_ context: ChannelHandlerContext, from now: NIODeadline) {
        let until =
            switch phase {
            case .waiting(let until), .writing(let until), .lingering(let until): until
            case .answering, .closed: now + .seconds(1)
            }
        // A linger is shorter than the timer's sleep may be.
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: min(until, now + .seconds(1))) {
            self.timer = nil
            self.look()
        }
    }

    private func look() {
        guard let context else { return }
        let now = NIODeadline.now()
        switch phase {
        case .waiting(let until) where until <= now, .writing(let until) where until <= now,
            .lingering(let until) where until <= now:
            context.close(promise: nil)
        case .waiting, .answering, .writing, .lingering, .closed:
            watch(context, from: now)
        }
    }
}
