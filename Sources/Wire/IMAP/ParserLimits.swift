/// What a response may cost. Nothing is ever reserved because the server announced it.
package struct ParserLimits: Equatable, Sendable {
    /// Octets of one response outside its literals. A plain SEARCH of 500,000 messages takes 3.5 MB.
    package var line = 4 << 20
    /// Octets of a literal that is kept; longer ones are dropped as they arrive and reported as oversized.
    package var literal = 1 << 20
    /// Octets of a literal that is read at all; a longer announcement ends the conversation.
    package var drain: UInt64 = 4 << 30
    /// Octets of one response in memory. Literals that would exceed it are dropped like oversized ones.
    package var response = 8 << 20
    package var literals = 10_000
    /// Depth up to which a BODYSTRUCTURE is understood.
    package var nesting = 64
    /// Items of one list: flags, capabilities, fetch items, MIME parts.
    package var items = 10_000
    package var setRanges = UIDSet.maximumRanges

    package init() {}
}

/// The stream can no longer be cut into responses: the connection is of no more use.
package enum IMAPSyntaxError: Error, Equatable, Sendable {
    case lineTooLong(limit: Int)
    case literalTooLarge(limit: UInt64)
    case tooManyLiterals(limit: Int)
}

extension IMAPSyntaxError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .lineTooLong(let limit): "the server sent a line of more than \(limit >> 20) MB"
        case .literalTooLarge(let limit): "the server announced more than \(limit >> 20) MB as one piece"
        case .tooManyLiterals(let limit): "the server sent one response in more than \(limit) pieces"
        }
    }
}
