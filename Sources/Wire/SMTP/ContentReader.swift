internal import MIME

/// What makes a message impossible to hand on.
package enum ContentFault: Sendable, Equatable {
    /// CR or LF alone. Servers do not agree whether it ends a line, so a message could become two (SMTP smuggling).
    case bareLineEnd
    case nul
    /// Above the limit that was offered with SIZE.
    case tooLarge
}

/// Reads the content behind DATA (RFC 5321 4.1.1.4, 4.5.2). It ends at CRLF "." CRLF and at nothing else, also after a
/// fault. Each octet is looked at once, whatever the pieces are.
struct ContentReader: Sendable {
    /// What was read up to here, since the last CRLF.
    private enum Place {
        case lineStart
        case text
        case carriageReturn
        case dot
        case dotCarriageReturn

        /// Behind an octet of text in which each CR has its LF.
        init(behind octet: UInt8) {
            switch octet {
            case 0x0d: self = .carriageReturn
            case 0x0a: self = .lineStart
            default: self = .text
            }
        }
    }

    /// The first one. Content before it is still handed on.
    private(set) var fault: ContentFault?
    private var place = Place.lineStart
    /// Octets until there are too many.
    private var room: Int

    init(limit: Int?) { room = limit ?? .max }

    /// Reads up to the end of the content, or all.
    /// - Returns: the content without the dots that were put before lines with a dot, and the place behind the end.
    mutating func read(_ bytes: UnsafeBufferPointer<UInt8>) -> (content: [UInt8], end: Int?) {
        var content: [UInt8] = []
        if fault == nil { content.reserveCapacity(min(bytes.count + 1, room)) }
        if place == .carriageReturn, bytes.first == 0x0a { take([0x0d], into: &content) }
        var (index, start) = (0, 0)
        while index < bytes.count {
            switch place {
            case .lineStart:
                place = .text
                guard bytes[index] == UInt8(ascii: ".") else { continue }
                take(bytes[start..<index], into: &content)
                index += 1
                start = index
                place = .dot
            case .text:
                let plain = LineSearch.endOfPlain(in: bytes, from: index)
                if plain > index {
                    index = plain
                    place = Place(behind: bytes[plain - 1])
                    continue
                }
                index = ByteSearch.first(of: 0x0d, 0x0a, 0, in: bytes, from: index)
                guard index < bytes.count else { continue }
                if bytes[index] == 0x0d {
                    place = .carriageReturn
                } else {
                    take(bytes[start..<index], into: &content)
                    fault = fault ?? (bytes[index] == 0 ? .nul : .bareLineEnd)
                    start = index
                }
                index += 1
            case .carriageReturn:
                if bytes[index] == 0x0a {
                    place = .lineStart
                    index += 1
                } else {
                    take(bytes[start..<max(start, index - 1)], into: &content)
                    fault = fault ?? .bareLineEnd
                    start = index
                    place = .text
                }
            case .dot:
                place = .text
                guard bytes[index] == 0x0d else { continue }
                place = .dotCarriageReturn
                index += 1
            case .dotCarriageReturn:
                if bytes[index] == 0x0a { return (content, index + 1) }
                fault = fault ?? .bareLineEnd
                place = .text
            }
        }
        let isOpen = place == .carriageReturn || place == .dotCarriageReturn
        take(bytes[start..<max(start, bytes.count - (isOpen ? 1 : 0))], into: &content)
        return (content, nil)
    }

    private mutating func take(_ bytes: some Collection<UInt8>, into content: inout [UInt8]) {
        guard fault == nil else { return }
        content += bytes.prefix(room)
        if bytes.count > room { fault = .tooLarge }
        room -= min(room, bytes.count)
    }
}
