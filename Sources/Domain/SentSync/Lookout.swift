import Beacon
import MIME
import Tokens

/// What messages are looked at for: tokens, and Message-IDs that are waited for.
struct Lookout: Sendable {
    let scanner: BeaconScanner
    /// Whether a key of ours has signed the token.
    let isOurs: @Sendable (Token) -> Bool
    /// Message-IDs of tracked messages of which no copy is known: whatever bears one needs no further look.
    var awaited: Set<String> = []
    /// Message-IDs, in lower case, of mail that providers tell opens of and that is not known.
    var told: Set<String> = []
    /// `false`: what the header does not tell is not looked for.
    var readsBodies = true

    /// Asked of each message that is examined.
    var fields: [String] { Self.fields + (awaited.isEmpty && told.isEmpty ? [] : MessageNames.fields) }
    /// What tells whether a message may hold a token.
    static let fields = ["CONTENT-TYPE", TokenField.name.uppercased()]

    /// What the header alone tells.
    func glance(at header: HeaderFields) -> Glance {
        let tokens = header.values(TokenField.name).flatMap { TokenField.tokens(in: $0) }.filter(isOurs)
        if !tokens.isEmpty { return .tokens(tokens.map { Finding(kind: .own($0), quoted: false) }) }
        if !awaited.isEmpty || !told.isEmpty,
            MessageNames(header).all.contains(where: { awaited.contains($0) || told.contains($0.lowercased()) })
        {
            return .awaited
        }
        return readsBodies && header.mayHoldHTML ? .mayHoldTokens : .nothing
    }

    enum Glance {
        case tokens([Finding])
        case awaited
        case mayHoldTokens
        case nothing
    }
}

/// What a message is and was called. Some servers give what is sent over them a Message-ID of their own, and keep the
/// first one beside it (Outlook: `X-Microsoft-Original-Message-ID`, Gmail: `X-Google-Original-Message-ID`).
struct MessageNames: Sendable, Equatable {
    static let fields = ["MESSAGE-ID"] + originals.map { $0.uppercased() }
    private static let originals = ["X-Microsoft-Original-Message-ID", "X-Google-Original-Message-ID"]

    let current: String?
    let earlier: [String]

    init(_ header: HeaderFields) {
        current = header.messageID
        earlier = Self.originals.compactMap(header.messageID(in:))
    }

    var all: [String] { [current].compactMap { $0 } + earlier }
}
