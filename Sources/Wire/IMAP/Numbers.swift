/// A message's unique identifier in one mailbox under one UIDVALIDITY (RFC 9051 2.3.1.1).
///
/// The parser never yields 0. The largest value doubles as `*` in a ``UIDSet``.
package struct UID: Hashable, Comparable, Sendable, CustomStringConvertible, ExpressibleByIntegerLiteral {
    package let rawValue: UInt32

    package init(_ rawValue: UInt32) { self.rawValue = rawValue }
    package init(integerLiteral value: UInt32) { rawValue = value }

    /// What `*` stands for: whatever the last message is.
    package static let last = UID(.max)

    package var description: String { String(rawValue) }
    package static func < (left: UID, right: UID) -> Bool { left.rawValue < right.rawValue }
}

/// A message's position in the selected mailbox (RFC 9051 2.3.1.2).
///
/// 0 occurs: Courier answers a fetch of a vanished message with `* 0 FETCH`.
package struct SequenceNumber: Hashable, Comparable, Sendable, CustomStringConvertible, ExpressibleByIntegerLiteral {
    package let rawValue: UInt32

    package init(_ rawValue: UInt32) { self.rawValue = rawValue }
    package init(integerLiteral value: UInt32) { rawValue = value }

    package var description: String { String(rawValue) }
    package static func < (left: SequenceNumber, right: SequenceNumber) -> Bool { left.rawValue < right.rawValue }
}

/// UIDs of one mailbox mean the same messages as long as this value stays (RFC 9051 2.3.1.1).
///
/// The parser never yields 0: servers that send it have none to offer.
package struct UIDValidity: Hashable, Sendable, CustomStringConvertible, ExpressibleByIntegerLiteral {
    package let rawValue: UInt32

    package init(_ rawValue: UInt32) { self.rawValue = rawValue }
    package init(integerLiteral value: UInt32) { rawValue = value }

    package var description: String { String(rawValue) }
}

/// A change number of a mailbox or message, 1…2⁶³−1 (RFC 7162 3.1).
package struct ModificationSequence: Hashable, Comparable, Sendable, CustomStringConvertible,
    ExpressibleByIntegerLiteral
{
    package let rawValue: UInt64

    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package init(integerLiteral value: UInt64) { rawValue = value }

    package var description: String { String(rawValue) }
    package static func < (left: ModificationSequence, right: ModificationSequence) -> Bool {
        left.rawValue < right.rawValue
    }
}
