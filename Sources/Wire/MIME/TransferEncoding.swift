/// `Content-Transfer-Encoding` (RFC 2045 6): what it takes to get the content back.
package enum TransferEncoding: Sendable, Equatable {
    /// `7bit`, `8bit`, `binary`, and whatever is not known.
    case identity
    case quotedPrintable
    case base64

    /// The mechanism's name in any case; blanks and a comment around it are ignored.
    package init(_ name: String) {
        var cursor = HeaderCursor(Array(name.utf8))
        let word = cursor.word { $0.isBlankOrLineEnd || $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: "\"") }
        switch word?.lowercasedText {
        case "quoted-printable": self = .quotedPrintable
        case "base64": self = .base64
        default: self = .identity
        }
    }
}

/// Undoes a transfer encoding piece by piece; the result does not depend on where the pieces are cut.
///
/// It never fails: damage is passed on or skipped as RFC 2045 6.7 and 6.8 suggest. It holds at most a few hundred bytes
/// back, and what it appends is never longer than what it was given and held.
package struct TransferDecoder: Sendable {
    private let encoding: TransferEncoding
    private var quotedPrintable = QuotedPrintableDecoder()
    private var base64 = Base64Decoder()

    package init(_ encoding: TransferEncoding) { self.encoding = encoding }

    package mutating func decode(_ chunk: some Collection<UInt8>, into out: inout [UInt8]) {
        let contiguous: Void? = chunk.withContiguousStorageIfAvailable { decode($0, into: &out) }
        if contiguous == nil { Array(chunk).withUnsafeBufferPointer { decode($0, into: &out) } }
    }

    /// Appends what the end of the input decides.
    package mutating func finish(into out: inout [UInt8]) {
        switch encoding {
        case .identity: break
        case .quotedPrintable: quotedPrintable.finish(into: &out)
        case .base64: base64.finish(into: &out)
        }
    }

    private mutating func decode(_ chunk: UnsafeBufferPointer<UInt8>, into out: inout [UInt8]) {
        switch encoding {
        case .identity: out.append(contentsOf: chunk)
        case .quotedPrintable: quotedPrintable.decode(chunk, into: &out)
        case .base64: base64.decode(chunk, into: &out)
        }
    }
}
