/// One word of a CAPABILITY answer, in upper case: `IDLE`, `AUTH=PLAIN`, `APPENDLIMIT=35651584`.
package struct Capability: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    package let rawValue: String

    package init(_ name: String) { rawValue = name.utf8.upperCased }
    package init(stringLiteral value: String) { self.init(value) }

    package var description: String { rawValue }

    package static let imap4rev1: Capability = "IMAP4rev1"
    package static let imap4rev2: Capability = "IMAP4rev2"
    package static let applePush: Capability = "XAPPLEPUSHSERVICE"
    package static let compressDeflate: Capability = "COMPRESS=DEFLATE"
    package static let condstore: Capability = "CONDSTORE"
    package static let enable: Capability = "ENABLE"
    package static let esearch: Capability = "ESEARCH"
    package static let gmail: Capability = "X-GM-EXT-1"
    package static let id: Capability = "ID"
    package static let idle: Capability = "IDLE"
    package static let listExtended: Capability = "LIST-EXTENDED"
    package static let literalMinus: Capability = "LITERAL-"
    package static let literalPlus: Capability = "LITERAL+"
    package static let move: Capability = "MOVE"
    package static let notify: Capability = "NOTIFY"
    package static let objectID: Capability = "OBJECTID"
    package static let qresync: Capability = "QRESYNC"
    package static let specialUse: Capability = "SPECIAL-USE"
    package static let uidPlus: Capability = "UIDPLUS"
}

/// What a server says it can do.
package struct Capabilities: Equatable, Sendable {
    package let all: Set<Capability>

    package init(_ all: some Sequence<Capability> = []) { self.all = Set(all) }

    /// Whether the capability is listed or implied by one that is (RFC 7162 3.2.3; RFC 9051 appendix E where the server
    /// speaks nothing but IMAP4rev2).
    package func contains(_ capability: Capability) -> Bool {
        if all.contains(capability) { return true }
        if capability == .condstore || capability == .enable, all.contains(.qresync) { return true }
        return all.contains(.imap4rev2) && !all.contains(.imap4rev1) && Self.partOfRevision2.contains(capability)
    }

    /// The n of `NAME=n`, such as APPENDLIMIT or MESSAGELIMIT.
    package func number(of name: String) -> UInt64? {
        let prefix = name.utf8.upperCased + "="
        return all.lazy.filter { $0.rawValue.hasPrefix(prefix) }.compactMap {
            UInt64($0.rawValue.dropFirst(prefix.count))
        }.first
    }

    private static let partOfRevision2: Set<Capability> = [
        .enable, .esearch, .idle, .listExtended, .literalMinus, .move, .specialUse, .uidPlus,
    ]
}
