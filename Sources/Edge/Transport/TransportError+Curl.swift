import CCurl

/// How libcurl told of a failure.
struct CurlFailure: Equatable {
    let code: CURLcode
    /// CURLOPT_ERRORBUFFER
    var text = ""
    /// OpenSSL's X509_V_ERR_…, 0 when none.
    var verifyResult = 0
    /// The status of the proxy's answer to CONNECT, 0 when there was none.
    var proxyStatus = 0

    init(_ code: CURLcode, text: String = "", verifyResult: Int = 0, proxyStatus: Int = 0) {
        self.code = code
        self.text = text
        self.verifyResult = verifyResult
        self.proxyStatus = proxyStatus
    }

    init(_ code: CURLcode, of easy: EasyHandle) {
        self.init(
            code, text: easy.errorText, verifyResult: easy.number(CURLINFO_SSL_VERIFYRESULT),
            proxyStatus: easy.number(CURLINFO_HTTP_CONNECTCODE))
    }
}

extension TransportError {
    /// Any connection: the way there and TLS. `peer` is `host:port`.
    init(_ failure: CurlFailure, peer: String, usesProxy: Bool) {
        let text = failure.text.isEmpty ? failure.code.text : failure.text
        if failure.proxyStatus >= 300 {
            let remedy: Remedy =
                failure.proxyStatus == 407
                ? .needsUser("put the user and the password of the proxy into its URL") : .retryLater(after: nil)
            self.init(.proxy, "the proxy refuses to connect to \(peer) (HTTP \(failure.proxyStatus))", remedy)
            return
        }
        switch failure.code {
        case CURLE_COULDNT_RESOLVE_HOST:
            self.init(.resolve, "the name of \(peer) has no address", .retryLater(after: nil))
        case CURLE_COULDNT_RESOLVE_PROXY:
            self.init(.resolve, "the name of the proxy has no address", .retryLater(after: nil))
        case CURLE_COULDNT_CONNECT where usesProxy:
            self.init(.proxy, "the proxy, or \(peer) behind it, cannot be reached", .retryLater(after: nil))
        case CURLE_COULDNT_CONNECT:
            self.init(.refused, "\(peer) refuses connections or cannot be reached", .retryLater(after: nil))
        case CURLE_PROXY:
            self.init(.proxy, "the proxy fails: \(text)", .retryLater(after: nil))
        case CURLE_OPERATION_TIMEDOUT:
            self.init(.timeout, "\(peer) does not answer in time", .retryLater(after: nil))
        case CURLE_PEER_FAILED_VERIFICATION:
            self = .certificate(of: peer, text, failure.verifyResult)
        case CURLE_SSL_CACERT_BADFILE:
            self.init(.tls(text), "the file of trusted certificates cannot be read", .needsUser("check ca_file"))
        case CURLE_SSL_CONNECT_ERROR where ["SYSCALL", "reset", "unexpected eof"].contains(where: text.contains):
            self.init(.tls(text), "\(peer) ended the connection while TLS was being agreed on", .retryLater(after: nil))
        case CURLE_SSL_CONNECT_ERROR:
            self.init(
                .tls(text), "\(peer) and this machine do not agree on TLS (\(text))",
                .needsUser("check that the port speaks TLS from the start, version 1.2 or later"))
        case CURLE_USE_SSL_FAILED:
            self.init(
                .starttlsUnavailable, "\(peer) does not offer STARTTLS; nothing secret was sent",
                .needsUser("use imaps://, or ask the provider"))
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE:
            self.init(.closed, "\(peer) ended the connection", .retryLater(after: nil))
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_NOT_BUILT_IN:
            self.init(.other, "this machine's libcurl cannot do it: \(text)", .never)
        case CURLE_URL_MALFORMAT:
            self.init(.other, "libcurl does not accept the URL of \(peer)", .never)
        default:
            self.init(.other, "\(peer): \(text)", .retryLater(after: nil))
        }
    }

    /// A mail server, where the reason is often in its last words.
    init(_ failure: CurlFailure, lines: [String], options: ConnectionOptions) {
        let peer = options.endpoint.description
        let refusal = LoginRefusal.read(lines, isIMAP: options.endpoint.scheme.isIMAP)
        switch failure.code {
        case CURLE_LOGIN_DENIED, CURLE_AUTH_ERROR:
            self = .login(refusal, peer, options)
        case CURLE_WEIRD_SERVER_REPLY, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_OPERATION_TIMEDOUT:
            if case .unavailable = refusal {
                self = .login(refusal, peer, options)
            } else if case .rejected(let text) = refusal, !text.isEmpty {
                self = .login(refusal, peer, options)
            } else if failure.code == CURLE_WEIRD_SERVER_REPLY {
                let words = lines.last.map { ": \($0.prefix(200))" } ?? ""
                self.init(
                    .serverUnavailable(lines.last ?? ""), "\(peer) does not answer like a mail server\(words)",
                    .retryLater(after: nil))
            } else {
                self.init(failure, peer: peer, usesProxy: !options.proxy.isEmpty)
            }
        case CURLE_WRITE_ERROR:
            self.init(.serverUnavailable(""), "\(peer) sends without end before the login", .retryLater(after: nil))
        default:
            self.init(failure, peer: peer, usesProxy: !options.proxy.isEmpty)
        }
    }
}

extension TransportError {
    /// The numbers are X509_V_ERR_… of OpenSSL; other TLS libraries leave them 0 and only have words.
    private static func certificate(of peer: String, _ text: String, _ result: Int) -> TransportError {
        let words = text.lowercased()
        if result == 10 || words.contains("expired") {
            return TransportError(
                .tls(text), "the certificate of \(peer) has expired",
                .needsUser("ask the provider for a new one, or check the clock of this machine"))
        }
        if result == 9 || words.contains("not yet valid") {
            return TransportError(
                .tls(text), "the certificate of \(peer) is not valid yet", .needsUser("check the clock of this machine")
            )
        }
        if result == 62 || result == 64 || words.contains("subject name") || words.contains("host name") {
            return TransportError(
                .tls(text), "the certificate of \(peer) is for another name",
                .needsUser("use the name that the provider gives for its server"))
        }
        if [18, 19, 20, 21].contains(result) {
            return TransportError(
                .tls(text), "the certificate of \(peer) is signed by nobody this machine trusts",
                .needsUser("if the server is yours, name its authority in ca_file"))
        }
        return TransportError(
            .tls(text), "the certificate of \(peer) cannot be trusted (\(text))", .needsUser("ask the provider"))
    }

    private static func login(_ refusal: LoginRefusal, _ peer: String, _ options: ConnectionOptions) -> TransportError {
        switch refusal {
        case .rejected(let text):
            let text = String(text.prefix(300))
            let (what, action) =
                if case .bearer = options.login {
                    ("access token", "log in again with `sentmark login`")
                } else {
                    ("user or password", "check both; some providers want an app password")
                }
            return TransportError(
                .credentialsRejected(text), "\(peer) does not accept the \(what)\(quoting(text))", .needsUser(action))
        case .needsPerson(let text):
            let text = String(text.prefix(300))
            return TransportError(
                .credentialsRejected(text), "\(peer) does not let this account in\(quoting(text))",
                .needsUser("do what the server asks for, or ask the provider"))
        case .unavailable(let text, let delay):
            let text = String(text.prefix(300))
            return TransportError(
                .serverUnavailable(text), "\(peer) cannot serve now\(quoting(text))", .retryLater(after: delay))
        case .notUnderstood(let text):
            let text = String(text.prefix(300))
            return TransportError(
                .other, "\(peer) does not understand the login\(quoting(text))", .retryLater(after: .seconds(300)))
        case .noMechanism, .silence:
            return TransportError(
                .noUsableMechanism, "\(peer) offers no way to log in that is possible here; nothing secret was sent",
                .needsUser("check port and authentication of this account"))
        }
    }

    /// Without the full stop that many servers end with: a remedy may follow.
    private static func quoting(_ text: String) -> String {
        let text = text.last == "." ? String(text.dropLast()) : text
        return text.isEmpty ? "" : ": \(text)"
    }
}
