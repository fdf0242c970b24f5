import CCurl
import Secrets

/// The libcurl side of a ``ByteStream``, on the poller's thread.
///
/// libcurl opens the connection (CURLOPT_CONNECT_ONLY). Then its handle stays in its multi, since removing it would
/// close the connection, but the multi is left alone and the socket is watched here.
actor Connection {
    /// Reading pauses when this much waits for the reader.
    static let inboxLimit = 256 << 10
    /// After a read that brought this much, more is coming as a rule. It is waited for without a look at the socket: to be
    /// woken for each packet would cost this side and the other more than what is in it.
    private static let bulk = 16 << 10
    private static let pause = Duration.milliseconds(1)
    /// OpenSSL reports nothing of a piece before it has taken all of it. As long as a record of TLS.
    static let chunkSize = 16 << 10
    /// After this much the others get their turn.
    private static let sendBudget = 4 << 20

    private enum Phase {
        case new
        case opening(CheckedContinuation<Result<[String], TransportError>, Never>)
        case open(socket: Int32)
        case ended
    }

    private struct Outgoing {
        let id: Int
        let bytes: [UInt8]
        var offset = 0
        /// `nil` before its sender waits.
        var done: CheckedContinuation<Result<Void, TransportError>, Never>?
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
    private var outbox: [Outgoing] = []
    /// What became of those whose senders do not wait yet.
    private var settled: [Int: Result<Void, TransportError>] = [:]
    /// What libcurl has been offered of the first in `outbox`, and will be offered again as it is.
    private var chunk: Chunk?
    private var isWritable = true
    /// More is gathering in the socket meanwhile.
    private var isPausing = false
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
        outbox.append(Outgoing(id: id, bytes: bytes))
        if outbox.count == 1 { flush() }
        if let result = settled.removeValue(forKey: id) {
            try result.get()
            return nil
        }
        updateInterest()
        return id
    }

    func taken(_ id: Int) async throws(TransportError) {
        try await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Result<Void, TransportError>, Never>) in
                // It may have come about on the way here.
                if let result = settled.removeValue(forKey: id) { return continuation.resume(returning: result) }
                guard let index = outbox.firstIndex(where: { $0.id == id }) else {
                    return continuation.resume(returning: .failure(.closed(by: peer)))
                }
                outbox[index].done = continuation
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
        poller.cancelTimer(of: self)
        if let easy { multi?.remove(easy) }
        easy?.close()
        multi?.close()
        easy = nil
        multi = nil
        chunk = nil
        if case .opening(let continuation) = before { continuation.resume(returning: .failure(error)) }
        failSends(error)
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
        let before = inbox.count
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
        if inbox.count - before >= Self.bulk, inbox.count < Self.inboxLimit { pause() }
        deliver()
    }

    private func pause() {
        isPausing = true
        poller.setTimer(of: self, after: Self.pause) { [self] in
            isPausing = false
            fill()
            updateInterest()
        }
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
        var budget = Self.sendBudget
        while case .open = phase, isWritable, budget > 0, let easy, let first = outbox.first {
            var count = 0
            let code: CURLcode
            if isPlain {
                code = first.bytes[first.offset...].withUnsafeBytes {
                    curl_easy_send(easy.pointer, $0.baseAddress, $0.count, &count)
                }
            } else {
                let chunk = self.chunk ?? Chunk(first.bytes[first.offset...].prefix(Self.chunkSize))
                self.chunk = chunk
                code = curl_easy_send(easy.pointer, chunk.start, chunk.count, &count)
                chunk.advance(by: count)
                if chunk.count == 0 { self.chunk = nil }
            }
            if code == CURLE_AGAIN || code == CURLE_OK && count == 0 { return }
            guard code == CURLE_OK else {
                // Reading goes on: the server's last words may be there.
                isWritable = false
                self.chunk = nil
                return failSends(.closed(by: peer))
            }
            budget -= count
            outbox[0].offset += count
            if outbox[0].offset == first.bytes.count {
                settle(outbox.removeFirst(), .success(()))
            }
        }
    }

    private func failSends(_ error: TransportError) {
        let failed = outbox
        outbox = []
        for outgoing in failed { settle(outgoing, .failure(error)) }
    }

    private func settle(_ outgoing: Outgoing, _ result: Result<Void, TransportError>) {
        if let done = outgoing.done { done.resume(returning: result) } else { settled[outgoing.id] = result }
    }

    private func cancelSend(_ id: Int) {
        guard let index = outbox.firstIndex(where: { $0.id == id }) else { return }
        settle(outbox.remove(at: index), .failure(.cancelled))
        // One that waits its turn leaves no trace.
        guard index == 0 else { return }
        end(with: .closed(by: peer))
    }

    private func updateInterest() {
        guard case .open(let socket) = phase else { return }
        var wanted: Poller.Readiness = []
        if !isPausing, inbox.count < Self.inboxLimit { wanted.insert(.readable) }
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

/// Bytes at an address that does not change: OpenSSL wants the same pointer and length again after it was busy.
private final class Chunk {
    private let memory: UnsafeMutableRawBufferPointer
    private var taken = 0

    init(_ bytes: ArraySlice<UInt8>) {
        memory = .allocate(byteCount: bytes.count, alignment: 1)
        memory.copyBytes(from: bytes)
    }

    deinit { memory.deallocate() }

    var start: UnsafeMutableRawPointer? { memory.baseAddress?.advanced(by: taken) }
    var count: Int { memory.count - taken }
    func advance(by count: Int) { taken += count }
}
