import Glibc

/// A connection that a client has made to a ``Listener``, as it is: no TLS, no protocol.
///
/// One reader at a time. It is on the poller's thread, as are those who read and write, so that nothing of it costs a
/// change of threads. Whoever has it closes it, or gives its socket away: until then it stays.
package actor AcceptedStream {
    /// Reading pauses when this much waits for the reader.
    private static let inboxLimit = 256 << 10

    private typealias Reader = CheckedContinuation<Result<[UInt8]?, TransportError>, Never>
    private typealias Writer = CheckedContinuation<Result<Void, TransportError>, Never>

    /// The client's address, for people.
    package nonisolated let peer: String
    private let poller: Poller
    /// `nil` once it is closed.
    private var socket: Int32?
    private var inbox: [UInt8] = []
    private var hasEnded = false
    private var reader: (id: Int, continuation: Reader)?
    private var writer: (id: Int, continuation: Writer)?
    /// What the system has not taken yet.
    private var outbox: ArraySlice<UInt8> = []
    private var closesWhenSent = false
    private var interest: Poller.Readiness = []
    private var lastID = 0

    package init(_ accepted: Listener.Accepted, on poller: Poller) {
        self.poller = poller
        peer = accepted.peer
        socket = accepted.socket
    }

    /// Whether somebody waits for what comes, or for what is sent to be taken.
    var hasWaiter: Bool { reader != nil || writer != nil }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { poller.asUnownedSerialExecutor() }

    /// All that has come since the last call, at least one byte; waits for it. `nil`: the client has ended, or the
    /// connection is closed.
    ///
    /// Cancelling the task throws `.cancelled`, and loses no byte.
    package func receive() async throws(TransportError) -> [UInt8]? {
        precondition(reader == nil, "a second reader")
        if Task.isCancelled { throw .cancelled }
        if !inbox.isEmpty { return takeInbox() }
        if hasEnded || socket == nil { return nil }
        updateInterest()
        guard socket != nil else { return nil }
        lastID += 1
        let id = lastID
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                reader = (id, continuation)
                // All of it may have come about on the way here.
                deliver()
                if Task.isCancelled { cancelReader(id) }
            }
        } onCancel: {
            Task { await self.cancelReader(id) }
        }.get()
    }

    /// Returns when the system has taken all bytes. One call at a time.
    ///
    /// Cancelling the task throws `.cancelled` and closes the connection, since a part may be on its way.
    package func send(_ bytes: [UInt8]) async throws(TransportError) {
        if try !begin(bytes) { try await sent() }
    }

    /// As ``send(_:)``, by whoever is on the poller's thread, and without waiting: whether the system has taken all bytes at
    /// once, as it does as a rule. If not, ``sent()`` has to be called, which waits for that.
    package nonisolated func offer(_ bytes: [UInt8]) throws -> Bool { try assumeIsolated { try $0.begin(bytes) } }

    private func begin(_ bytes: [UInt8]) throws(TransportError) -> Bool {
        precondition(writer == nil, "a second writer")
        if Task.isCancelled { throw .cancelled }
        guard socket != nil, !closesWhenSent else { throw .closed(by: peer) }
        outbox += bytes
        flush()
        guard socket != nil else { throw .closed(by: peer) }
        return outbox.isEmpty
    }

    package func sent() async throws(TransportError) {
        lastID += 1
        let id = lastID
        try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                writer = (id, continuation)
                if Task.isCancelled { return cancelWriter(id) }
                if socket == nil { end() } else { flush() }
                updateInterest()
            }
        } onCancel: {
            Task { await self.cancelWriter(id) }
        }.get()
    }

    /// Ends the connection, and every wait for it. With last words it does so once they, and what is being sent, are
    /// gone: who sends and who receives goes on to have a deadline.
    package func close(after lastWords: [UInt8] = []) {
        guard socket != nil else { return }
        if !lastWords.isEmpty {
            outbox += lastWords
            closesWhenSent = true
            flush()
            if socket == nil { return }
            if writer != nil { return updateInterest() }
        }
        end()
    }

    /// Gives the socket to somebody else. With last words it says them, and drops what has come and was not received.
    /// `nil` if the connection has ended.
    package func detach(after lastWords: [UInt8] = []) -> Int32? {
        guard outbox.isEmpty, !hasEnded else { return nil }
        if !lastWords.isEmpty {
            fill()
            outbox += lastWords
            if !hasEnded { flush() }
        }
        guard let socket, outbox.isEmpty, !hasEnded else {
            end()
            return nil
        }
        if !interest.isEmpty { poller.unwatch(socket) }
        interest = []
        self.socket = nil
        inbox = []
        end()
        return socket
    }
}

extension AcceptedStream {
    private func ready(_ readiness: Poller.Readiness) {
        if !readiness.isDisjoint(with: [.writable, .broken]) { flush() }
        if !readiness.isDisjoint(with: [.readable, .broken]) { fill() }
        updateInterest()
        deliver()
    }

    /// Reads what is there, or what is left of the limit.
    private func fill() {
        while let socket, !hasEnded, inbox.count < Self.inboxLimit {
            let scratch = poller.scratch
            let count = recv(socket, scratch.baseAddress, scratch.count, 0)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            // A reset is an end, too.
            guard count > 0 else {
                hasEnded = true
                return
            }
            inbox += scratch[..<count]
            // There was no more: the next event tells.
            if count < scratch.count { return }
        }
    }

    private func flush() {
        while let socket, !outbox.isEmpty {
            let count = outbox.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else { return end() }
            outbox = outbox.dropFirst(count)
        }
        outbox = []
        writer?.continuation.resume(returning: .success(()))
        writer = nil
        if closesWhenSent { end() }
    }

    private func deliver() {
        guard let (_, continuation) = reader, !inbox.isEmpty || hasEnded || socket == nil else { return }
        reader = nil
        continuation.resume(returning: .success(inbox.isEmpty ? nil : takeInbox()))
    }

    private func takeInbox() -> [UInt8] {
        let bytes = inbox
        inbox = []
        if bytes.count >= Self.inboxLimit { updateInterest() }
        return bytes
    }

    private func end() {
        if let socket {
            if !interest.isEmpty { poller.unwatch(socket) }
            Glibc.close(socket)
        }
        interest = []
        socket = nil
        outbox = []
        writer?.continuation.resume(returning: .failure(.closed(by: peer)))
        writer = nil
        deliver()
    }

    private func cancelReader(_ id: Int) {
        guard let reader, reader.id == id else { return }
        self.reader = nil
        reader.continuation.resume(returning: .failure(.cancelled))
    }

    private func cancelWriter(_ id: Int) {
        guard let writer, writer.id == id else { return }
        self.writer = nil
        writer.continuation.resume(returning: .failure(.cancelled))
        end()
    }

    private func updateInterest() {
        guard let socket else { return }
        var wanted: Poller.Readiness = []
        if !hasEnded, inbox.count < Self.inboxLimit { wanted.insert(.readable) }
        if !outbox.isEmpty { wanted.insert(.writable) }
        guard wanted != interest else { return }
        interest = wanted
        guard !wanted.isEmpty else { return poller.unwatch(socket) }
        if !poller.watch(socket, for: wanted, { readiness in self.ready(readiness) }) {
            interest = []
            end()
        }
    }
}
