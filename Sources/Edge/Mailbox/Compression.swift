import CZlib

/// Both directions of a connection behind COMPRESS DEFLATE (RFC 4978): deflate without a header, flushed with each write.
///
/// Takes some 45 KB for what comes, since the server may use the largest window, and 33 KB for what goes: commands are
/// short.
final class Compression {
    /// Octets that one step makes of what came; a few of them can stand for gigabytes.
    static let pieceLength = 64 << 10

    private let incoming: UnsafeMutablePointer<z_stream>
    private let outgoing: UnsafeMutablePointer<z_stream>
    private var input: [UInt8] = []
    private var used = 0
    private var mayHoldMore = false
    private var failure: CompressionError?

    /// `nil` when there is no memory for it.
    init?() {
        incoming = .allocate(capacity: 1)
        outgoing = .allocate(capacity: 1)
        incoming.initialize(to: z_stream())
        outgoing.initialize(to: z_stream())
        guard czlib_inflate_init(incoming, -MAX_WBITS) == Z_OK,
            czlib_deflate_init(outgoing, Z_DEFAULT_COMPRESSION, -12, 5) == Z_OK
        else { return nil }
    }

    deinit {
        // Both bear a stream that was never begun.
        inflateEnd(incoming)
        deflateEnd(outgoing)
        incoming.deallocate()
        outgoing.deallocate()
    }

    /// Octets from the server, to be taken out by ``next()``.
    func feed(_ bytes: [UInt8]) {
        input.removeFirst(used)
        used = 0
        input += bytes
    }

    /// What the server meant, at most ``pieceLength`` octets of it; `nil` until more is fed. An error is repeated for ever;
    /// what stands before the fault comes first.
    func next() throws(CompressionError) -> [UInt8]? {
        if let failure { throw failure }
        guard used < input.count || mayHoldMore else { return nil }
        var code = Z_OK
        let count = input.count - used
        let output = [UInt8](unsafeUninitializedCapacity: Self.pieceLength) { buffer, length in
            input.withUnsafeMutableBufferPointer { bytes in
                incoming.pointee.next_in = bytes.baseAddress.map { $0 + used }
                incoming.pointee.avail_in = UInt32(count)
                incoming.pointee.next_out = buffer.baseAddress
                incoming.pointee.avail_out = UInt32(buffer.count)
                code = inflate(incoming, Z_SYNC_FLUSH)
                length = buffer.count - Int(incoming.pointee.avail_out)
            }
        }
        used += count - Int(incoming.pointee.avail_in)
        mayHoldMore = output.count == Self.pieceLength
        switch code {
        // The second: nothing could be done, all there was has been taken.
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: failure = .ended
        default: failure = .unreadable
        }
        if let failure, output.isEmpty { throw failure }
        return output.isEmpty ? nil : output
    }

    /// What to send for these octets.
    func deflated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        var result: [UInt8] = []
        bytes.withUnsafeMutableBufferPointer { input in
            outgoing.pointee.next_in = input.baseAddress
            outgoing.pointee.avail_in = UInt32(input.count)
            repeat {
                result += [UInt8](unsafeUninitializedCapacity: input.count + 64) { buffer, length in
                    outgoing.pointee.next_out = buffer.baseAddress
                    outgoing.pointee.avail_out = UInt32(buffer.count)
                    deflate(outgoing, Z_SYNC_FLUSH)
                    length = buffer.count - Int(outgoing.pointee.avail_out)
                }
            } while outgoing.pointee.avail_out == 0
        }
        return result
    }
}

enum CompressionError: Error, Equatable {
    /// The server ended its stream, which RFC 4978 has no word for.
    case ended
    case unreadable

    var what: String {
        switch self {
        case .ended: "its compressed data came to an end"
        case .unreadable: "its compressed data cannot be read"
        }
    }
}
