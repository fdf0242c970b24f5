/// The machine-readable part of a status response, `[CODE …]` (RFC 9051 7.1, RFC 5530, RFC 7162, RFC 4315).
///
/// A known code with arguments that cannot be read becomes ``other(name:arguments:)``.
package enum ResponseCode: Hashable, Sendable {
    case alert
    case alreadyExists
    case appendUID(UIDValidity, UIDSet)
    case authenticationFailed
    case authorizationFailed
    case badCharset
    case cannot
    case capability([Capability])
    case clientBug
    case closed
    case contactAdministrator
    case copyUID(UIDValidity, source: UIDSet, destination: UIDSet)
    case corruption
    case expired
    case expungeIssued
    case hasChildren
    case highestModificationSequence(ModificationSequence)
    case inUse
    case limit
    case messageLimit(UInt64, lastUID: UID?)
    case modified(UIDSet)
    /// Also for Zoho's `HIGHESTMODSEQ 0` and `HIGHESTMODSEQ -1`.
    case noModificationSequences
    case nonExistent
    case noPermission
    case notificationOverflow
    case overQuota
    case parse
    case permanentFlags([Flag])
    case privacyRequired
    case readOnly
    case readWrite
    case serverBug
    /// Gmail: slow down.
    case throttled
    case tooBig
    case tryCreate
    case uidNext(UID)
    case uidNotSticky
    case uidValidity(UIDValidity)
    case unavailable
    case unknownTransferEncoding
    case unseen(SequenceNumber)
    case other(name: String, arguments: String)
}

/// A code and the words for people beside it; either may be missing.
package struct ResponseText: Hashable, Sendable {
    package let code: ResponseCode?
    package let text: String

    package init(code: ResponseCode? = nil, text: String = "") {
        self.code = code
        self.text = text
    }
}
