import CCurl
import Secrets

extension Login {
    var secrets: [Secret] {
        switch self {
        case .password(_, let secret, _), .bearer(_, let secret, _): [secret]
        case .none: []
        }
    }

    fileprivate var names: [String] {
        switch self {
        case .password(let user, _, let authorization): [user] + (authorization.map { [$0] } ?? [])
        case .bearer(let user, _, _): [user]
        case .none: []
        }
    }
}

extension ConnectionOptions {
    /// libcurl puts user and password into command lines and cuts them at a NUL.
    func check() throws(TransportError) {
        for user in login.names {
            guard !user.isEmpty, user.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else {
                throw TransportError(
                    .other, "the user name of \(endpoint) is empty or has control characters",
                    .needsUser("correct it in the configuration"))
            }
        }
        for secret in login.secrets {
            guard !secret.isEmpty, secret.reveal({ $0.allSatisfy { $0 >= 32 && $0 != 127 } }) else {
                throw TransportError(
                    .other, "the password for \(endpoint) is empty or has control characters, such as a line end",
                    .needsUser("correct it where it is kept"))
            }
        }
        let isMechanism = { (name: String) in
            !name.isEmpty && name.utf8.allSatisfy { 65...90 ~= $0 || 48...57 ~= $0 || $0 == 45 || $0 == 95 }
        }
        guard mechanisms.allSatisfy(isMechanism) else {
            throw TransportError(
                .other, "a SASL mechanism for \(endpoint) is misspelled", .needsUser("write it like PLAIN"))
        }
    }

    fileprivate var loginOptions: String? {
        switch login {
        // What else a server may offer has no place for it, and would open the mailbox of the one who logs in.
        case .password(_, _, _?): "AUTH=PLAIN"
        case .password: mechanisms.isEmpty ? nil : mechanisms.map { "AUTH=\($0)" }.joined(separator: ";")
        case .bearer(_, _, .xoauth2): "AUTH=XOAUTH2"
        case .bearer(_, _, .oauthbearer): "AUTH=OAUTHBEARER"
        case .bearer(_, _, .automatic), .none: nil
        }
    }
}

extension EasyHandle {
    /// No CURLOPT_TIMEOUT: with CURLOPT_CONNECT_ONLY libcurl 8.17 fails every login then, and it bounds nothing here.
    func configure(_ options: ConnectionOptions, lines: ServerLines) {
        let endpoint = options.endpoint
        set(CURLOPT_URL, endpoint.url)
        allow(endpoint.scheme.rawValue, endpoint.scheme.bit)
        set(CURLOPT_CONNECT_ONLY, 1)
        // Required, never tried: this covers STARTTLS that was stripped on the way.
        let security = endpoint.security == .cleartext ? CURLUSESSL_NONE : CURLUSESSL_ALL
        set(CURLOPT_USE_SSL, Int(security.rawValue))
        set(CURLOPT_SSL_ENABLE_ALPN, 0)
        setTrust(options.caFile)
        setProxy(options.proxy)
        set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds: options.connectTimeout)
        set(CURLOPT_SERVER_RESPONSE_TIMEOUT, seconds: options.replyTimeout)
        set(CURLOPT_TCP_KEEPIDLE, seconds: options.keepalive)
        set(CURLOPT_TCP_KEEPINTVL, seconds: options.keepalive)
        set(CURLOPT_BUFFERSIZE, 256 << 10)
        if let loginOptions = options.loginOptions { set(CURLOPT_LOGIN_OPTIONS, loginOptions) }
        switch options.login {
        case .password(let user, let password, let authorization):
            set(CURLOPT_USERNAME, user)
            set(CURLOPT_PASSWORD, password)
            if let authorization { set(CURLOPT_SASL_AUTHZID, authorization) }
        case .bearer(let user, let token, _):
            set(CURLOPT_USERNAME, user)
            set(CURLOPT_XOAUTH2_BEARER, token)
        case .none:
            break
        }
        set(CURLOPT_HEADERDATA, Unmanaged.passUnretained(lines).toOpaque())
        set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            return Unmanaged<ServerLines>.fromOpaque(context).takeUnretainedValue().append(line) ? size * count : 0
        }
    }
}

extension Endpoint.Scheme {
    fileprivate var bit: Int {
        switch self {
        case .imaps: ccurl_bit_imaps
        case .imap: ccurl_bit_imap
        case .smtps: ccurl_bit_smtps
        case .smtp: ccurl_bit_smtp
        }
    }
}
