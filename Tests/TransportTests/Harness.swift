import Foundation
import Secrets
import TestSupport

@testable import Transport

enum Harness {
    /// As in the agent: one for the process.
    static let poller = Result { () throws(TransportError) in try Poller() }

    static let user = "me@example.org"
    static let password = "correct horse"

    static func options(
        _ server: ScriptedServer, _ scheme: String = "imap", host: String = "127.0.0.1", cleartext: Bool = true,
        login: Login = .password(user: user, Secret(password)), trusting: Bool = true
    ) throws -> ConnectionOptions {
        let endpoint = try Endpoint("\(scheme)://\(host):\(server.port)", cleartext: cleartext)
        return ConnectionOptions(endpoint, login: login, caFile: trusting ? server.caFile : nil)
    }

    /// Opens a connection by the means that fit the server.
    static func open(_ server: ScriptedServer, _ security: ScriptedServer.Security = .none) async throws -> ByteStream {
        let options =
            switch security {
            case .none: try options(server)
            case .implicit: try options(server, "imaps", cleartext: false)
            case .starttls: try options(server, cleartext: false)
            }
        return try await ByteStream.open(options, on: poller.get())
    }

    /// The error with which opening fails.
    static func failure(_ options: ConnectionOptions) async throws -> TransportError? {
        do {
            _ = try await ByteStream.open(options, on: poller.get())
            return nil
        } catch {
            return error
        }
    }
}

extension [ScriptStep] {
    static func greeting(_ capabilities: String = "SASL-IR AUTH=PLAIN") -> [ScriptStep] {
        [.send("* OK ready\r\n")] + .capabilities(capabilities)
    }

    static func capabilities(_ capabilities: String = "SASL-IR AUTH=PLAIN") -> [ScriptStep] {
        [.expect("CAPABILITY$"), .send("* CAPABILITY IMAP4rev1 \(capabilities)\r\n{tag} OK listed\r\n")]
    }

    /// Up to the end of a login.
    static let login = greeting() + [.expect("AUTHENTICATE PLAIN \\S+$"), .send("{tag} OK logged in\r\n")]

    static func login(_ security: ScriptedServer.Security) -> [ScriptStep] {
        guard security == .starttls else { return login }
        return greeting("STARTTLS LOGINDISABLED") + [.expect("STARTTLS"), .send("{tag} OK begin\r\n"), .startTLS]
            + capabilities() + [.expect("AUTHENTICATE PLAIN \\S+$"), .send("{tag} OK logged in\r\n")]
    }
}

extension ByteStream {
    /// Receives until this many bytes have come, or the other side has ended.
    func receive(atLeast count: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count, let more = try await receive() { bytes += more }
        return bytes
    }

    func receiveText(atLeast count: Int) async throws -> String {
        String(decoding: try await receive(atLeast: count), as: UTF8.self)
    }
}

/// Asks again until it is so, for at most 10 s.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    for _ in 0..<1000 {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return false
}
