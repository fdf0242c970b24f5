import CCurl

/// What waits to be taken by libcurl, in its order, and whoever waits for that.
struct SendQueue {
    typealias Waiter = CheckedContinuation<Result<Void, TransportError>, Never>

    /// OpenSSL reports nothing of a piece before it has taken all of it. As long as a record of TLS.
    private static let chunkSize = 16 << 10
    /// After this much the others get their turn.
    private static let budget = 4 << 20

    private struct Outgoing {
        let id: Int
        let bytes: [UInt8]
        var offset = 0
        /// `nil` before its sender waits.
        var done: Waiter?
    }

    private var outgoing: [Outgoing] = []
    /// What became of those whose senders do not wait yet.
    private var settled: [Int: Result<Void, TransportError>] = [:]
    /// What libcurl has been offered of the first, and will be offered again as it is.
    private var chunk: Chunk?

    var isEmpty: Bool { outgoing.isEmpty }

    /// Returns whether nothing waits before it.
    mutating func add(_ bytes: [UInt8], id: Int) -> Bool {
        outgoing.append(Outgoing(id: id, bytes: bytes))
        return outgoing.count == 1
    }

    /// Gives libcurl as much as it takes. Returns `false` once nothing can be sent any more.
    /// - Parameter isPlain: no TLS anywhere on the way to the socket.
    mutating func flush(through easy: EasyHandle, isPlain: Bool) -> Bool {
        var budget = Self.budget
        while budget > 0, let first = outgoing.first {
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
            if code == CURLE_AGAIN || code == CURLE_OK && count == 0 { return true }
            guard code == CURLE_OK else { return false }
            budget -= count
            outgoing[0].offset += count
            if outgoing[0].offset == first.bytes.count { settle(outgoing.removeFirst(), .success(())) }
        }
        return true
    }

    /// What became of it, if that is known; it is told once.
    mutating func takeResult(of id: Int) -> Result<Void, TransportError>? { settled.removeValue(forKey: id) }

    /// Returns whether it waits still.
    mutating func wait(for id: Int, _ waiter: Waiter) -> Bool {
        guard let index = outgoing.firstIndex(where: { $0.id == id }) else { return false }
        outgoing[index].done = waiter
        return true
    }

    mutating func fail(_ error: TransportError) {
        chunk = nil
        let failed = outgoing
        outgoing = []
        for one in failed { settle(one, .failure(error)) }
    }

    /// Returns whether a part of it may be on its way: one that waits its turn leaves no trace.
    mutating func cancel(_ id: Int) -> Bool {
        guard let index = outgoing.firstIndex(where: { $0.id == id }) else { return false }
        settle(outgoing.remove(at: index), .failure(.cancelled))
        return index == 0
    }

    private mutating func settle(_ one: Outgoing, _ result: Result<Void, TransportError>) {
        if let done = one.done { done.resume(returning: result) } else { settled[one.id] = result }
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
