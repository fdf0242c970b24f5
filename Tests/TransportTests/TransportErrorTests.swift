import CCurl
import Secrets
import Testing

@testable import Transport

struct TransportErrorTests {
    struct Case: Sendable {
        let failure: CurlFailure
        let kind: TransportError.Kind
        /// Words that the person must see.
        let says: String
        var needsUser = false

        init(
            _ code: CURLcode, text: String = "", verify: Int = 0, proxy: Int = 0, kind: TransportError.Kind,
            says: String, needsUser: Bool = false
        ) {
            failure = CurlFailure(code, text: text, verifyResult: verify, proxyStatus: proxy)
            self.kind = kind
            self.says = says
            self.needsUser = needsUser
        }
    }

    @Test(arguments: [
        Case(CURLE_COULDNT_RESOLVE_HOST, kind: .resolve, says: "has no address"),
        Case(CURLE_COULDNT_RESOLVE_PROXY, kind: .resolve, says: "proxy"),
        Case(CURLE_COULDNT_CONNECT, kind: .refused, says: "imap.example.org:993 refuses"),
        Case(CURLE_OPERATION_TIMEDOUT, kind: .timeout, says: "in time"),
        Case(
            CURLE_PEER_FAILED_VERIFICATION, text: "x", verify: 10, kind: .tls("x"),
            says: "imap.example.org:993 has expired", needsUser: true),
        Case(
            CURLE_PEER_FAILED_VERIFICATION, text: "x", verify: 9, kind: .tls("x"), says: "not valid yet",
            needsUser: true),
        Case(
            CURLE_PEER_FAILED_VERIFICATION, text: "x", verify: 20, kind: .tls("x"), says: "nobody this machine trusts",
            needsUser: true),
        Case(
            CURLE_PEER_FAILED_VERIFICATION, text: "no alternative certificate subject name matches",
            kind: .tls("no alternative certificate subject name matches"), says: "another name", needsUser: true),
        Case(
            CURLE_PEER_FAILED_VERIFICATION, text: "weak key", kind: .tls("weak key"), says: "weak key", needsUser: true),
        Case(
            CURLE_SSL_CONNECT_ERROR, text: "wrong version number", kind: .tls("wrong version number"),
            says: "wrong version", needsUser: true),
        Case(
            CURLE_SSL_CONNECT_ERROR, text: "Connection reset by peer", kind: .tls("Connection reset by peer"),
            says: "ended"),
        Case(CURLE_SSL_CACERT_BADFILE, text: "x", kind: .tls("x"), says: "trusted certificates", needsUser: true),
        Case(CURLE_USE_SSL_FAILED, kind: .starttlsUnavailable, says: "nothing secret was sent", needsUser: true),
        Case(
            CURLE_RECV_ERROR, text: "CONNECT tunnel failed", proxy: 407, kind: .proxy, says: "HTTP 407", needsUser: true
        ),
        Case(CURLE_RECV_ERROR, text: "CONNECT tunnel failed", proxy: 502, kind: .proxy, says: "HTTP 502"),
        Case(CURLE_RECV_ERROR, kind: .closed, says: "ended"),
        Case(CURLE_PARTIAL_FILE, kind: .closed, says: "ended"),
        Case(CURLE_BAD_FUNCTION_ARGUMENT, text: "odd", kind: .other, says: "odd"),
    ])
    func isExplained(_ test: Case) {
        let error = TransportError(test.failure, peer: "imap.example.org:993", usesProxy: false)
        #expect(error.kind == test.kind)
        #expect(error.detail.contains(test.says))
        let isForUser = if case .needsUser = error.remedy { true } else { false }
        #expect(isForUser == test.needsUser)
    }

    @Test(arguments: [
        (CURLE_WEIRD_SERVER_REPLY, ["* BYE full"], TransportError.Kind.serverUnavailable("full")),
        (CURLE_WEIRD_SERVER_REPLY, ["SSH-2.0"], .serverUnavailable("SSH-2.0")),
        (CURLE_RECV_ERROR, ["* OK hi", "* BYE down"], .serverUnavailable("down")),
        (CURLE_RECV_ERROR, ["* OK hi"], .closed),
        (CURLE_OPERATION_TIMEDOUT, ["* OK hi"], .timeout),
        (CURLE_LOGIN_DENIED, ["* OK hi", "A001 OK listed"], .noUsableMechanism),
        (CURLE_WRITE_ERROR, ["* OK hi"], .serverUnavailable("")),
        (CURLE_PEER_FAILED_VERIFICATION, ["* BYE down"], .tls("SSL peer certificate or SSH remote key was not OK")),
    ])
    func lastWordsCount(_ code: CURLcode, _ lines: [String], _ kind: TransportError.Kind) throws {
        let options = ConnectionOptions(try Endpoint("imaps://imap.example.org"), login: .none)
        #expect(TransportError(CurlFailure(code), lines: lines, options: options).kind == kind)
    }

    @Test(arguments: [
        ("hello\r\n", "hello"),
        ("a\u{1b}[31mb\0c\r\n", "a [31mb c"),
        ("A002 BAD LOGIN me correct horse\r\n", "A002 BAD LOGIN me ‹secret›"),
        (#"A002 BAD LOGIN "me" "quo\"te""# + "\r\n", #"A002 BAD LOGIN "me" "‹secret›""#),
        // \0me\0correct horse
        ("A002 BAD AUTHENTICATE PLAIN AG1lAGNvcnJlY3QgaG9yc2U=\r\n", "A002 BAD AUTHENTICATE PLAIN ‹secret›"),
        ("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", "* CAPABILITY IMAP4rev1 AUTH=PLAIN"),
    ])
    func repeatedCredentialsAreHidden(_ line: String, _ shown: String) {
        let redaction = Redaction([Secret("correct horse"), Secret(#"quo"te"#)])
        #expect(redaction.clean(Array(line.utf8)) == shown)
    }

    @Test func serverTextIsLimited() {
        let lines = ServerLines(hiding: [])
        let long = [UInt8](repeating: 120, count: 20_000)
        var taken = 0
        while taken < 1000, long.withUnsafeBytes(lines.append) { taken += 1 }
        #expect(taken == ServerLines.totalLimit / long.count)
        #expect(lines.lines.allSatisfy { $0.utf8.count == ServerLines.lineLimit })

        let many = ServerLines(hiding: [])
        for number in 0..<1000 { _ = Array("\(number)\r\n".utf8).withUnsafeBytes(many.append) }
        #expect(many.lines.count == ServerLines.countLimit)
        #expect(many.lines.last == "999")
    }
}

struct CurlVersionTests {
    @Test func thisMachinesLibraryServes() {
        #expect(CurlVersion.running.isSupported)
        #expect(CurlVersion.missing == [])
    }

    @Test(arguments: [
        (CurlVersion(7, 76, 1), 2), (CurlVersion(7, 78, 0), 1), (CurlVersion(7, 88, 1), 0), (CurlVersion(8, 5, 0), 0),
        (CurlVersion(8, 6, 0), 1), (CurlVersion(8, 9, 1), 1), (CurlVersion(8, 10, 0), 0), (CurlVersion(8, 12, 0), 1),
        (CurlVersion(8, 12, 1), 0), (CurlVersion(8, 17, 0), 1), (CurlVersion(8, 18, 0), 1), (CurlVersion(8, 19, 0), 0),
    ])
    func faultsAreKnown(_ version: CurlVersion, _ warnings: Int) {
        #expect(version.warnings.count == warnings)
        #expect(version.isSupported == (version >= CurlVersion.oldest))
    }
}
