import CCurl
import Secrets

/// The libcurl side of a ``ByteStream``, on the poller's thread.
///
/// libcurl opens the connection (CURLOPT_CONNECT_ONLY). Then its handle stays in its multi, since removing it would
/// close the connection, but the multi is left alone and the socket is watched here.
actor Connection {
    /// Reading pauses when this much waits for the reader.
    static let inboxLimit = 256 << 10

    private enum Phase {
        case new
        case opening(CheckedContinuation<Result<[String], TransportError>, Never>)
        case open(socket: Int32)
        case ended
    }

    private let poller: Poller
    private let options: ConnectionOptions
    private let peer: String
    /// No TLS anywhere on the way to the socket.
    private let isPlain: Bool
    private var phase = Phase.new
    private var easy: EasyHandle?
    private var multi: Multi?
    private let lines: ServerLines

    private var inbox: [UInt8] = []
    private var reader: (id: Int, continuation: CheckedContinuation<Result<[UInt8]?, TransportError>, Never>)?
    private var outbox = SendQueue()
    private var isWritable = true
    private var interest: Poller.Readiness = []
    private var lastID = 0

    init(_ options: ConnectionOptions, on poller: Poller) {
        self.poller = poller
        self.options = options
        peer = options.endpoint.description
        isPlain = options.endpoint.security == .cleartext && options.proxy.isEmpty
        lines = ServerLines(hiding: options.login.secrets)
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { poller.asUnownedSerialExecutor() }

    func open() async throws(TransportError) -> [String] {
        try options.check()
        if Task.isCancelled { throw .cancelled }
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { start($0) }
        } onCancel: {
            Task { await self.end(with: .cancelled) }
        }.get()
    }

    func receive() async throws(TransportError) -> [UInt8]? {
        precondition(reader == nil, "a second reader")
        if Task.isCancelled { throw .cancelled }
        if !inbox.isEmpty { return takeInbox() }
        guard case .open = phase else { return nil }
        let id = nextID()
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                reader = (id, continuation)
                // All of it may have come about on the way here.
                deliver()
                if Task.isCancelled { cancelReceive(id) }
            }
        } onCancel: {
            Task { await self.cancelReceive(id) }
        }.get()
    }

    func send(_ bytes: [UInt8]) async throws(TransportError) {
        if let id = try offer(bytes) { try await taken(id) }
    }

    /// `nil`: all of it has been taken, as a rule. Else ``taken(_:)`` is to be called.
    func offer(_ bytes: [UInt8]) throws(TransportError) -> Int? {
        if Task.isCancelled { throw .cancelled }
        guard case .open = phase, isWritable else { throw .closed(by: peer) }
        guard !bytes.isEmpty else { return nil }
        let id = nextID()
        if outbox.add(bytes, id: id) { flush() }
        if let result = outbox.takeResult(of: id) {
            try result.get()
            return nil
        }
        updateInterest()
        return id
    }

    func taken(_ id: Int) async throws(TransportError) {
        try await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: SendQueue.Waiter) in
                // It may have come about on the way here.
                if let result = outbox.takeResult(of: id) { return continuation.resume(returning: result) }
                guard outbox.wait(for: id, continuation) else {
                    return continuation.resume(returning: .failure(.closed(by: peer)))
                }
                if Task.isCancelled { cancelSend(id) }
            }
        } onCancel: {
            Task { await self.cancelSend(id) }
        }.get()
    }

    func close() {
        inbox = []
        end(with: .closed(by: peer))
    }

    private func nextID() -> Int {
        lastID += 1
        return lastID
    }
}

extension Connection {
    private func start(_ continuation: CheckedContinuation<Result<[String], TransportError>, Never>) {
        guard case .new = phase else { return continuation.resume(returning: .failure(.cancelled)) }
        phase = .opening(continuation)
        do throws(TransportError) {
            let easy = try EasyHandle()
            self.easy = easy
            easy.configure(options, lines: lines)
            try easy.check()
            let multi = try Multi(on: poller) { [unowned self] _, code in opened(code) }
            self.multi = multi
            try multi.add(easy)
        } catch {
            end(with: error)
        }
    }

    private func opened(_ code: CURLcode) {
        guard case .opening(let continuation) = phase, let easy, let multi else { return }
        guard code == CURLE_OK else {
            let failure = CurlFailure(code, of: easy)
            return end(with: TransportError(failure, lines: lines.lines, options: options))
        }
        // Whoever let us in without a login is not the server we asked for: an attacker can skip STARTTLS that way.
        if let greeting = lines.lines.first, greeting.uppercased().hasPrefix("* PREAUTH") {
            let remedy = TransportError.Remedy.needsUser("ask the provider")
            return end(with: TransportError(.other, "\(peer) skips the login, which is not accepted", remedy))
        }
        guard let socket = easy.socket else { return end(with: .closed(by: peer)) }
        multi.quiet()
        phase = .open(socket: socket)
        continuation.resume(returning: .success(lines.lines))
        // Bytes may already lie in the TLS library, with a silent socket.
        fill()
        // That may have been all.
        if let easy = self.easy { ccurl_read_ahead(easy.pointer) }
        updateInterest()
    }

    /// Gives everything back, and wakes whoever waits. What came before can still be received.
    private func end(with error: TransportError) {
        if case .ended = phase { return }
        let before = phase
        phase = .ended
        if case .open(let socket) = before, !interest.isEmpty { poller.unwatch(socket) }
        interest = []
        if let easy { multi?.remove(easy) }
        easy?.close()
        multi?.close()
        easy = nil
        multi = nil
        if case .opening(let continuation) = before { continuation.resume(returning: .failure(error)) }
        outbox.fail(error)
        deliver()
    }
}

extension Connection {
    private func ready(_ readiness: Poller.Readiness) {
        if !readiness.isDisjoint(with: [.readable, .broken]) { fill() }
        if !readiness.isDisjoint(with: [.writable, .broken]) { flush() }
        updateInterest()
    }

    /// Reads until libcurl has nothing more, since the socket does not tell of what is decrypted already.
    private func fill() {
        let scratch = poller.scratch
        var filled = 0
        var hasEnded = false
        while case .open = phase, let easy, inbox.count + filled < Self.inboxLimit {
            // TLS comes in records of a few kilobytes: they are taken over many at a time.
            if filled == scratch.count {
                inbox += scratch
                filled = 0
            }
            let free = UnsafeMutableRawBufferPointer(rebasing: scratch[filled...])
            var count = 0
            let code = curl_easy_recv(easy.pointer, free.baseAddress, free.count, &count)
            if code == CURLE_AGAIN { break }
            // However it ended: what the server had to say has been read.
            hasEnded = code != CURLE_OK || count == 0
            if hasEnded { break }
            filled += count
            // There was no more, and no TLS that could keep some: the next event tells.
            if isPlain, count < free.count { break }
        }
        inbox += scratch[..<filled]
        if hasEnded { return end(with: .closed(by: peer)) }
        deliver()
    }

    private func deliver() {
        guard let (_, continuation) = reader else { return }
        if !inbox.isEmpty {
            reader = nil
            continuation.resume(returning: .success(takeInbox()))
        } else if case .ended = phase {
            reader = nil
            continuation.resume(returning: .success(nil))
        }
    }

    private func takeInbox() -> [UInt8] {
        let wasFull = inbox.count >= Self.inboxLimit
        let bytes = inbox
        inbox = []
        if wasFull {
            fill()
            updateInterest()
        }
        return bytes
    }

    private func cancelReceive(_ id: Int) {
        guard let reader, reader.id == id else { return }
        self.reader = nil
        reader.continuation.resume(returning: .failure(.cancelled))
    }
}

extension Connection {
    private func flush() {
        guard case .open = phase, isWritable, let easy, !outbox.flush(through: easy, isPlain: isPlain) else { return }
        // Reading goes on: the server's last words may be there.
        isWritable = false
        outbox.fail(.closed(by: peer))
    }

    private func cancelSend(_ id: Int) {
        if outbox.cancel(id) { end(with: .closed(by: peer)) }
    }

    private func updateInterest() {
        guard case .open(let socket) = phase else { return }
        var wanted: Poller.Readiness = []
        if inbox.count < Self.inboxLimit { wanted.insert(.readable) }
        if !outbox.isEmpty { wanted.insert(.writable) }
        guard wanted != interest else { return }
        interest = wanted
        guard !wanted.isEmpty else { return poller.unwatch(socket) }
        if !poller.watch(socket, for: wanted, { readiness in self.ready(readiness) }) {
            end(
                with: TransportError(
                    .other, "\(peer): the system cannot watch one more socket", .retryLater(after: nil)))
        }
    }
}
