import IMAP

/// The colour of a flagged message, as Apple Mail, Fastmail and others show it: three keywords beside `\Flagged` that
/// are the bits of a number (RFC 9979). The number 7 is no colour.
package enum FlagColor: String, Sendable, CaseIterable {
    case red, orange, yellow, green, blue, purple, grey

    /// `nil` for a message that is not flagged, or whose bits are no colour.
    package init?(_ flags: Set<Flag>) {
        guard flags.contains(.flagged), let color = Self.allCases.first(where: { $0.bits == Self.bits(in: flags) })
        else { return nil }
        self = color
    }

    private var number: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Those of the three keywords that are set.
    package var bits: Set<Flag> {
        Set(Self.allBits.enumerated().filter { number & (1 << $0.offset) != 0 }.map(\.element))
    }

    /// Those that are not.
    package var otherBits: Set<Flag> { Set(Self.allBits).subtracting(bits) }

    package static let allBits = (0..<3).map { Flag(spelling: "$MailFlagBit\($0)") }

    package static func bits(in flags: Set<Flag>) -> Set<Flag> { flags.intersection(allBits) }
}

/// The colours that we have put on a copy, as remembered before the STORE: of a flag that shows anything else it is not
/// known who set it, so it is the user's.
package struct Paint: Sendable, Equatable {
    /// None, the one that was put there, or the one that was there and the one that takes its place: the bits are added
    /// first and taken off then, and it may have been stopped in between.
    package var colors: [FlagColor]

    package init(_ colors: [FlagColor] = []) { self.colors = colors }

    package func accounts(for flags: Set<Flag>) -> Bool {
        let seen = FlagColor.bits(in: flags)
        return colors.contains { $0.bits == seen }
            || !colors.isEmpty && colors.reduce(Set()) { $0.union($1.bits) } == seen
    }
}
