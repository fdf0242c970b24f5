import Foundation

/// Mails that are signed, and whether what arrives of them still is. A process of its own, of `Scripts/lib/signatures.py`.
package final class Signatures: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case dkim, smime
        case smimeOpaque = "smime-opaque"
        case pgpMIME = "pgp-mime"
        case pgpInline = "pgp-inline"
    }

    /// Who signs by DKIM, as a provider does.
    package enum Signer: String, CaseIterable, Sendable { case dkimpy, opendkim }

    private let process: LineProcess

    package init() throws {
        process = try LineProcess(repositoryFile("Scripts/lib/signatures.py"))
    }

    package func make(_ kind: Kind) async throws -> [UInt8] {
        let signed: Signed = try await process.ask(Request(do: "make", kind: kind.rawValue))
        return Array(signed.message)
    }

    package func sign(_ message: [UInt8], by signer: Signer) async throws -> [UInt8] {
        let signed: Signed = try await process.ask(Request(do: "sign", by: signer.rawValue, message: Data(message)))
        return Array(signed.message)
    }

    package func verify(_ message: [UInt8], _ kind: Kind) async throws -> Bool {
        let verdict: Verdict = try await process.ask(
            Request(do: "verify", kind: kind.rawValue, message: Data(message)))
        return verdict.valid
    }
}

private struct Request: Encodable {
    let `do`: String
    var kind: String?
    var by: String?
    var message: Data?
}

private struct Signed: Decodable { let message: Data }
private struct Verdict: Decodable { let valid: Bool }
