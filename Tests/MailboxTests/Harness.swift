import Foundation
import IMAP
import Mailbox
import Secrets
import TestSupport
import Transport

enum Harness {
    /// As in the agent: one for the process.
    static let poller = Result { () throws(TransportError) in try Poller() }

    static func options(_ server: ScriptedServer) throws -> ConnectionOptions {
        let endpoint = try Endpoint("imap://127.0.0.1:\(server.port)", cleartext: true)
        return ConnectionOptions(
            endpoint, login: .password(user: "me@example.org", Secret("correct horse")), caFile: server.caFile)
    }
}

extension Connection {
    static func open(_ server: ScriptedServer, timing: Session.Timing = .init()) async throws -> Connection {
        try await open(Harness.options(server), on: Harness.poller.get(), timing: timing)
    }
}

extension [ScriptStep] {
    /// Greeting and login, which are libcurl's.
    static let login: [ScriptStep] = [
        .send("* OK ready\r\n"),
        .expect("CAPABILITY$"), .send("* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\n{tag} OK listed\r\n"),
        .expect("AUTHENTICATE PLAIN \\S+$"), .send("{tag} OK logged in\r\n"),
    ]

    /// Up to where a session is in step with the server.
    static let ready: [ScriptStep] = login + [.expect("CAPABILITY$"), .send("{tag} OK in step\r\n")]
}

extension String {
    var bytes: [UInt8] { Array(utf8) }
}

/// The error with which the work ends; nil if it ends well.
func failure<Value>(_ work: () async throws(MailboxError) -> Value) async -> MailboxError? {
    do throws(MailboxError) {
        _ = try await work()
        return nil
    } catch {
        return error
    }
}
