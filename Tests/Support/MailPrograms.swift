import Foundation

/// Programs that submit mail, each called as its users call it, and a probe that smuggles. A process of its own, of
/// `Scripts/lib/mailprograms.py`.
package final class MailPrograms: Sendable {
    package enum Program: String, CaseIterable, Sendable {
        case curl, swaks, msmtp, smtplib
        /// git send-email; like neomutt it writes a header of its own.
        case git
        case neomutt
    }

    package enum Security: String, Sendable { case tls, starttls, none }

    /// Where to submit, on this machine.
    package struct Server: Encodable, Sendable {
        package var port: Int
        /// For ``Security/tls``.
        package var tls: Int
        package var ca: String
        package var user: String
        package var password: String

        /// - Parameter port: of a server that stands before the upstream and takes the same user; nil: the upstream's own.
        package init(_ upstream: Upstream, port: Int? = nil) {
            self.port = port ?? upstream.port
            tls = port ?? upstream.tlsPort
            ca = upstream.caFile
            user = upstream.user
            password = upstream.password
        }
    }

    /// One try to end a message by `form`, and to send another one within it from `evil.ID@example.com`.
    package struct Probe: Decodable, Sendable {
        package let id: Int
        package let form: String
        /// After how many of the form's octets the writes were cut; after the last: by a pause.
        package let cut: Int
        package let replies: [String]
        package var evilSender: String { "evil.\(id)@example.com" }
        package var goodSender: String { "good.\(id)@example.org" }
        /// RFC 5321 section 4.1.1.4: this form is the end of data, and what follows is the client's own.
        package var endsMessage: Bool { form == "CRLF . CRLF" || form == "CR CRLF . CRLF" }
    }

    private let process: LineProcess

    package init() throws {
        process = try LineProcess(repositoryFile("Scripts/lib/mailprograms.py"))
    }

    /// Submits one mail. Throws what the program said if it failed.
    package func submit(
        by program: Program, to server: Server, _ security: Security, from sender: String, to recipients: [String],
        _ message: some Sequence<UInt8>
    ) async throws {
        var request = Request("submit", server, security)
        request.program = program.rawValue
        request.sender = sender
        request.recipients = recipients
        request.message = Data(message)
        let _: Done = try await process.ask(request)
    }

    /// Sends every probe, one after the other, each in a session of its own. What came of them is among the upstream's
    /// deliveries.
    package func smuggle(to server: Server, _ security: Security) async throws -> [Probe] {
        let sent: Sent = try await process.ask(Request("smuggle", server, security))
        return sent.probes
    }
}

private struct Request: Encodable {
    let `do`: String
    let server: MailPrograms.Server
    let security: String
    var program: String?
    var sender: String?
    var recipients: [String]?
    var message: Data?

    init(_ verb: String, _ server: MailPrograms.Server, _ security: MailPrograms.Security) {
        self.do = verb
        self.server = server
        self.security = security.rawValue
    }
}

private struct Sent: Decodable { let probes: [MailPrograms.Probe] }
private struct Done: Decodable {}
