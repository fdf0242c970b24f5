/// Turns the server's octets, in any cuts, into responses.
///
/// Append what arrived, then take responses until there is none. Time and memory are linear in the octets and bounded by
/// ``ParserLimits``; a response that cannot be understood costs only itself. The tolerances are those that servers have
/// been seen to need; each is marked "Quirk" where it lives, with the bytes.
package struct ResponseParser: Sendable {
    /// Octets kept of what is not understood.
    static let prefixLength = 200

    private let limits: ParserLimits
    private var framer: ResponseFramer

    package init(limits: ParserLimits = ParserLimits()) {
        self.limits = limits
        framer = ResponseFramer(limits: limits)
    }

    /// Whether a response has begun and not ended: the stream was cut if it ends here.
    package var isInsideResponse: Bool { framer.isInsideResponse }

    package mutating func append(_ bytes: [UInt8]) { framer.append(bytes) }

    /// What came behind the last response. It is not looked at here any more.
    mutating func takeRest() -> [UInt8] { framer.takeRest() }

    /// The next response, or `nil` until more octets are appended. Once it throws it always throws.
    package mutating func next() throws(IMAPSyntaxError) -> Response? {
        while let frame = try framer.next() {
            if frame.bytes.isEmpty { continue }
            var scanner = Scanner(frame, limits: limits)
            do throws(GrammarError) {
                return try scanner.response()
            } catch {
                return .unparsable(Array(frame.bytes.prefix(Self.prefixLength)))
            }
        }
        return nil
    }
}
