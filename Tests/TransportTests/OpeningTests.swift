import Secrets
import TestSupport
import Testing

@testable import Transport

/// Real libcurl, real sockets: what happens up to the login.
@Suite(.timeLimit(.minutes(2)))
struct OpeningTests {
    @Test(arguments: [ScriptedServer.Security.none, .implicit, .starttls])
    func logsIn(_ security: ScriptedServer.Security) async throws {
        let server = try await ScriptedServer.start(security, .login(security) + [.echo])
        let stream = try await Harness.open(server, security)
        #expect(stream.greetingLines.first == "* OK ready")
        #expect(stream.greetingLines.contains("* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN"))
        #expect(stream.greetingLines.last?.hasSuffix("OK logged in") == true)
        try await stream.send(Array("x1 NOOP\r\n".utf8))
        #expect(try await stream.receiveText(atLeast: 9) == "x1 NOOP\r\n")
    }

    @Test func fallsBackToTheLoginCommand() async throws {
        let script =
            [ScriptStep].greeting("") + [
                .expect(#"LOGIN "?me@example.org"? "correct horse""#), .send("{tag} OK\r\n"), .end,
            ]
        let server = try await ScriptedServer.start(script)
        let stream = try await Harness.open(server)
        #expect(stream.greetingLines.count == 4)
    }

    @Test(arguments: [
        (BearerMechanism.automatic, "AUTHENTICATE OAUTHBEARER bixhPW1lQGV4YW1wbGUub3JnL"),
        (.xoauth2, "AUTHENTICATE XOAUTH2 dXNlcj1tZUBleGFtcGxlLm9yZwFhdXRoPUJlYXJlciB0b2tlbi0xMjM0AQE="),
        (.oauthbearer, "AUTHENTICATE OAUTHBEARER bixhPW1lQGV4YW1wbGUub3JnL"),
    ])
    func sendsBearerTokens(_ mechanism: BearerMechanism, _ command: String) async throws {
        let script =
            [ScriptStep].greeting("SASL-IR AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER") + [
                .expect(command), .send("{tag} OK\r\n"), .end,
            ]
        let server = try await ScriptedServer.start(script)
        let login = Login.bearer(user: Harness.user, Secret("token-1234"), mechanism)
        let failure = try await Harness.failure(Harness.options(server, login: login))
        #expect(failure == nil)
    }

    /// CRAM-MD5 would be stronger and has no place for an authorization identity: it would open the mailbox of the one
    /// who logs in.
    @Test func saysWhoseMailboxItIs() async throws {
        let script =
            [ScriptStep].greeting("SASL-IR AUTH=CRAM-MD5 AUTH=PLAIN AUTH=LOGIN") + [
                // bob NUL me@example.org NUL correct horse
                .expect("AUTHENTICATE PLAIN Ym9iAG1lQGV4YW1wbGUub3JnAGNvcnJlY3QgaG9yc2U=$"), .send("{tag} OK\r\n"),
                .end,
            ]
        let server = try await ScriptedServer.start(script)
        let login = Login.password(user: Harness.user, Secret(Harness.password), authorization: "bob")
        #expect(try await Harness.failure(Harness.options(server, login: login)) == nil)
    }

    @Test(arguments: ["", "SASL-IR AUTH=CRAM-MD5 AUTH=LOGIN"])
    func logsInNowhereElse(_ offered: String) async throws {
        let server = try await ScriptedServer.start(.greeting(offered) + [.end])
        let login = Login.password(user: Harness.user, Secret(Harness.password), authorization: "bob")
        #expect(try await Harness.failure(Harness.options(server, login: login))?.kind == .noUsableMechanism)
    }

    @Test func stopsBeforeTheLoginWhenThereIsNoUser() async throws {
        let server = try await ScriptedServer.start(.greeting() + [.echo])
        let stream = try await ByteStream.open(Harness.options(server, login: .none), on: Harness.poller.get())
        try await stream.send(Array("x1 NOOP\r\n".utf8))
        #expect(try await stream.receiveText(atLeast: 9) == "x1 NOOP\r\n")
    }

    struct Refusal: Sendable {
        let script: [ScriptStep]
        let kind: TransportError.Kind
        var login = Login.password(user: Harness.user, Secret(Harness.password))
    }

    @Test(arguments: [
        Refusal(
            script: .greeting() + [.expect("AUTHENTICATE"), .send("{tag} NO [AUTHENTICATIONFAILED] wrong\r\n"), .end],
            kind: .credentialsRejected("[AUTHENTICATIONFAILED] wrong")),
        Refusal(
            script: .greeting() + [.expect("AUTHENTICATE"), .send("{tag} NO [UNAVAILABLE] database\r\n"), .end],
            kind: .serverUnavailable("[UNAVAILABLE] database")),
        Refusal(
            script: .greeting() + [.expect("AUTHENTICATE"), .send("* BYE shutting down\r\n"), .close()],
            kind: .serverUnavailable("shutting down")),
        Refusal(script: [.send("* BYE too many\r\n"), .close()], kind: .serverUnavailable("too many")),
        Refusal(script: .greeting("LOGINDISABLED") + [.end], kind: .noUsableMechanism),
        Refusal(script: [.close()], kind: .closed),
        // Whether the reset overtakes the end of connecting is up to the kernel.
        Refusal(script: [.send("* OK ready\r\n"), .expect("CAPABILITY"), .reset], kind: .closed),
        Refusal(script: [.send("* PREAUTH welcome\r\n")] + .capabilities() + [.end], kind: .other),
        Refusal(
            script: .greeting("SASL-IR AUTH=XOAUTH2") + [
                .expect("AUTHENTICATE XOAUTH2"), .send("+ eyJzdGF0dXMiOiI0MDEifQ==\r\n"), .end,
            ], kind: .credentialsRejected(#"{"status":"401"}"#),
            login: .bearer(user: Harness.user, Secret("token-1234"), .xoauth2)),
        // A server that repeats what it was told.
        Refusal(
            script: .greeting() + [.expect("AUTHENTICATE"), .send("{tag} NO not \(Harness.password)\r\n"), .end],
            kind: .credentialsRejected("not ‹secret›")),
    ])
    func explainsRefusals(_ refusal: Refusal) async throws {
        let server = try await ScriptedServer.start(refusal.script)
        let failure = try await Harness.failure(Harness.options(server, login: refusal.login))
        #expect(failure?.kind == refusal.kind)
        try await server.ended()
    }

    @Test func refusesAnEndlessGreeting() async throws {
        let server = try await ScriptedServer.start([.send(String(repeating: "* OK ready\r\n", count: 40_000)), .end])
        let failure = try await Harness.failure(Harness.options(server))
        #expect(failure?.kind != nil)
    }

    @Test(arguments: [
        "", "AUTH=PLAIN",
        // Offered, then taken back.
        "STARTTLS",
    ])
    func sendsNoCredentialWithoutTLS(_ capabilities: String) async throws {
        var script = [ScriptStep].greeting(capabilities)
        if capabilities == "STARTTLS" { script += [.expect("STARTTLS"), .send("{tag} NO not now\r\n")] }
        let server = try await ScriptedServer.start(script + [.end])
        let failure = try await Harness.failure(Harness.options(server, cleartext: false))
        #expect(failure?.kind == .starttlsUnavailable)
        try await server.ended()
        let sent = try await server.received()
        #expect(!sent.contains("AUTHENTICATE") && !sent.contains("LOGIN"))
    }

    @Test func sendsNoCredentialToAServerThatSkipsSTARTTLS() async throws {
        let server = try await ScriptedServer.start([.send("* PREAUTH welcome\r\n")] + .capabilities() + [.end])
        let failure = try await Harness.failure(Harness.options(server, cleartext: false))
        #expect(failure?.kind == .starttlsUnavailable)
    }

    @Test func givesUpOnAnswersInjectedBeforeTheHandshake() async throws {
        let script =
            [ScriptStep].greeting("STARTTLS") + [
                .expect("STARTTLS"), .send("{tag} OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nA003 OK\r\n"),
                .startTLS,
                .end,
            ]
        let server = try await ScriptedServer.start(.starttls, script)
        let failure = try await Harness.failure(Harness.options(server, cleartext: false))
        #expect(failure != nil)
        try await server.ended()
        #expect(try await !server.received().contains("AUTHENTICATE"))
    }

    @Test(arguments: [
        (ScriptedServer.Certificate.valid, false, "nobody this machine trusts"),
        (.otherhost, true, "another name"),
        (.expired, true, "has expired"),
    ])
    func refusesCertificates(
        _ certificate: ScriptedServer.Certificate, _ trusting: Bool, _ says: String
    ) async throws {
        let server = try await ScriptedServer.start(.implicit, certificate: certificate, .login)
        let options = try Harness.options(server, "imaps", cleartext: false, trusting: trusting)
        let failure = try await Harness.failure(options)
        guard case .tls = failure?.kind else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(failure?.detail.contains(says) == true)
        #expect(failure?.detail.contains("127.0.0.1:\(server.port)") == true)
    }

    @Test func aFileOfAuthoritiesThatIsMissingIsNamed() async throws {
        let server = try await ScriptedServer.start(.implicit, .login)
        var options = try Harness.options(server, "imaps", cleartext: false)
        options.caFile = "/nonexistent/ca.pem"
        guard case .needsUser = try await Harness.failure(options)?.remedy else {
            Issue.record("not the user's task")
            return
        }
    }

    @Test(arguments: [ScriptedServer.Security.none, .implicit])
    func givesUpInTime(_ security: ScriptedServer.Security) async throws {
        // Accepts, and says nothing; in TLS not even in the handshake.
        let server = try await ScriptedServer.start([.end])
        let isTLS = security == .implicit
        var options = try Harness.options(server, isTLS ? "imaps" : "imap", cleartext: !isTLS)
        options.connectTimeout = .milliseconds(300)
        #expect(try await Harness.failure(options)?.kind == .timeout)
    }

    @Test func nobodyListens() async throws {
        let endpoint = try Endpoint("imap://127.0.0.1:1", cleartext: true)
        let failure = try await Harness.failure(ConnectionOptions(endpoint, login: .none))
        #expect(failure?.kind == .refused)
        #expect(failure?.remedy == .retryLater(after: nil))
    }

    @Test func goesThroughTheProxyThatIsNamed() async throws {
        let proxy = try await ScriptedServer.start([
            .expect(#"^CONNECT imap.example.org:993 HTTP"#), .headers,
            .send("HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n"),
        ])
        var options = ConnectionOptions(try Endpoint("imaps://imap.example.org"), login: .none)
        options.proxy = "http://127.0.0.1:\(proxy.port)"
        #expect(try await Harness.failure(options)?.kind == .proxy)
    }

    @Test(arguments: [
        Login.password(user: "me\r\nx LOGOUT", Secret("secret")), .password(user: "", Secret("secret")),
        .password(user: "me", Secret("secret"), authorization: "a\0b"),
        .password(user: "me", Secret("secret\n")), .password(user: "me", Secret("")),
        .password(user: "me", Secret("a\0b")), .bearer(user: "me", Secret("a\r\nb")),
    ])
    func refusesCredentialsThatWouldBreakALine(_ login: Login) async throws {
        let options = ConnectionOptions(try Endpoint("imap://127.0.0.1:1", cleartext: true), login: login)
        guard case .needsUser = try await Harness.failure(options)?.remedy else {
            Issue.record("not the user's task")
            return
        }
    }
}
