import Foundation
import TestSupport

/// The program as a proxy between mail programs and a real provider. The account's mailbox is away.
struct Submission {
    let upstream: Upstream
    let program: Program
    private let port: Int
    private let tlsPort: Int

    /// Everybody at far.example is tracked, and nobody else.
    /// - Parameter more: further lines of `[submission]`.
    init(to upstream: Upstream, more: String = "") throws {
        self.upstream = upstream
        program = try Program()
        port = try Program.freePort()
        tlsPort = try Program.freePort()
        let certificates = URL(filePath: upstream.caFile).deletingLastPathComponent()
        for (file, name) in [("server.pem", "chain.pem"), ("server.key", "keys/chain.key")] {
            try program.write(name, try String(contentsOf: certificates.appending(path: file), encoding: .utf8))
        }
        try program.write("keys/alice.password", upstream.password)
        try program.write(
            "config.toml",
            """
            [[account]]
            name = "alice"
            imap = "imap://127.0.0.1:1"
            cleartext = true
            user = "alice"
            password_file = "keys/alice.password"
            ca_file = "\(upstream.caFile)"
            addresses = ["alice@example.org"]
            smtp = "smtps://127.0.0.1:\(upstream.tlsPort)"

            [[source]]
            kind = "sentmark"
            url = "\(program.url)"
            credential_file = "keys/px"

            [server]
            listen = "127.0.0.1:\(program.port)"
            public_url = "\(program.url)"

            [submission]
            listen = "127.0.0.1:\(port)"
            listen_tls = "127.0.0.1:\(tlsPort)"
            certificate_file = "chain.pem"
            key_file = "keys/chain.key"
            recipients = ["*@far.example"]
            \(more)

            """)
        try program.command("stream", "add", "test", "--output", program.home.appending(path: "keys/px").path)
    }

    /// Starts the proxy, and says where it is once it listens.
    /// - Parameter launch: starts the program, if not as usual.
    func start(by launch: (() throws -> Void)? = nil) async throws -> MailPrograms.Server {
        if let launch { try launch() } else { try program.start() }
        let deadline = ContinuousClock.now + .seconds(20)
        while program.log.matches(of: /listening .*part=submission/).count < 2 {
            guard program.isRunning, ContinuousClock.now < deadline else {
                throw Program.Failure(description: "the proxy does not listen; log:\n\(program.log.suffix(4000))")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        var server = MailPrograms.Server(upstream, port: port)
        server.tls = tlsPort
        server.password = try String(
            contentsOf: program.home.appending(path: "keys/submission"), encoding: .utf8
        ).trimmingCharacters(in: .whitespacesAndNewlines)
        return server
    }

    /// What a message is once it has arrived: without what the provider has put before it.
    func isCopy(_ arrived: [UInt8], of message: [UInt8]) -> Bool {
        arrived.suffix(message.count).elementsEqual(message)
            && String(decoding: arrived.dropLast(message.count), as: UTF8.self).isTrace
    }

    /// The one insertion that makes the other message of it; `nil` if they differ otherwise.
    func insertion(_ arrived: [UInt8], into message: [UInt8]) -> String? {
        let start = arrived.count - message.count
        guard let header = message.firstRange(of: Array("\nSubject:".utf8)),
            let begin = arrived.firstRange(of: message[..<header.upperBound])?.lowerBound, start > 0
        else { return nil }
        let body = arrived[begin...]
        let before = zip(body, message).prefix { $0 == $1 }.count
        let rest = message[before...]
        guard body.suffix(rest.count).elementsEqual(rest), String(decoding: arrived[..<begin], as: UTF8.self).isTrace
        else { return nil }
        return String(decoding: body.dropFirst(before).dropLast(rest.count), as: UTF8.self)
    }

    /// Whether it is one picture of ours, in quoted-printable or not, with the comment before it that makes HTML longer.
    func isPicture(_ insertion: String?) -> Bool {
        guard var text = insertion?.replacing("=\r\n", with: "").replacing("=\n", with: "").replacing("=3D", with: "=")
        else { return false }
        // Where the next tag begins as the insertion does, it may be either's.
        if text.hasSuffix("<") { text = "<" + text.dropLast() }
        let found = text.wholeMatch(of: /(<!--[^>]*-->)?<img src="([^"]*)\/i\/[a-z2-7]{40}\.gif"[^>]*>/)
        return found?.2 ?? "" == program.url
    }
}

extension String {
    /// Whether it is trace fields alone.
    fileprivate var isTrace: Bool {
        wholeMatch(of: /((Received|Return-Path):[^\r\n]*\r\n([ \t][^\r\n]*\r\n)*)*/) != nil
    }
}

/// Mails that the tests send.
enum Letter {
    static let sender = "alice@example.org"
    static let tracked = "bob@far.example"
    static let untracked = "carol@near.example"

    static func html(_ id: String) -> [UInt8] {
        Array(
            """
            From: Alice <alice@example.org>
            To: bob@far.example
            Subject: \(id)
            Date: Thu, 26 Nov 2026 10:00:00 +0000
            Message-ID: <\(id)@example.org>
            MIME-Version: 1.0
            Content-Type: multipart/alternative; boundary="b1"

            --b1
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 8bit

            .one dot
            ..two, and a blank 
            Grüße

            --b1
            Content-Type: text/html; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            <html><body><p>Gr=C3=BC=C3=9Fe</p>
            .</body></html>

            --b1--

            """.replacing("\n", with: "\r\n").utf8)
    }
}
