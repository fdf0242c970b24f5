internal import Secrets

/// What each command does.
extension ServerSession {
    /// Words with which a browser begins, which anybody's web page can send to a local port.
    private static let browserVerbs: Set<String> = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT", "HOST:"]

    mutating func perform(_ text: [UInt8]) throws(Refusal) {
        if exchange != nil { return try respond(text) }
        let line = CommandWords(text[...])
        guard let verb = Verb(rawValue: line.verb) else {
            if Self.browserVerbs.contains(line.verb) { return end(Reply(500, "5.5.2", "this is no web server")) }
            throw .unknown
        }
        switch verb {
        case .ehlo: try hello(line.argument, isExtended: true)
        case .helo: try hello(line.argument, isExtended: false)
        case .startTLS: try startTLS(line)
        case .auth: try authenticate(line.argument)
        case .mail: try mail(line.argument)
        case .rcpt: try recipient(line.argument)
        case .data: try data(line)
        case .rset:
            try requireNoArgument(line)
            resetTransaction()
            say(Reply(250, "2.0.0", "reset"))
        case .quit:
            try requireNoArgument(line)
            resetTransaction()
            end(Reply(221, "2.0.0", "goodbye"))
        case .noop: say(Reply(250, "2.0.0", "ok"))
        case .help: say(Reply(214, "2.0.0", "EHLO STARTTLS AUTH MAIL RCPT DATA RSET NOOP QUIT"))
        case .vrfy: say(Reply(252, "2.0.0", "send mail and see"))
        case .expn: throw Refusal(502, "5.5.1", "EXPN is not offered")
        case .bdat:
            // Data follow it whatever the reply is (RFC 3030 2): they must not be read as commands.
            end(Reply(502, "5.5.1", "CHUNKING is not offered"))
        }
    }
}

extension ServerSession {
    private func requireNoArgument(_ line: CommandWords) throws(Refusal) {
        guard line.argument.isEmpty else { throw .argument }
    }

    private func requireHello() throws(Refusal) {
        guard isExtended != nil else { throw Refusal(503, "5.5.1", "EHLO first") }
    }

    private mutating func resetTransaction() {
        guard transaction != nil else { return }
        transaction = nil
        report(.reset)
    }

    private mutating func hello(_ argument: ArraySlice<UInt8>, isExtended: Bool) throws(Refusal) {
        guard (1...255).contains(argument.count), !argument.contains(0x20) else {
            throw Refusal(501, "5.5.4", "expected the client's name")
        }
        resetTransaction()
        let name = String(decoding: argument, as: UTF8.self)
        ask(.hello(name: name, isExtended: isExtended), .hello(isExtended: isExtended))
    }

    private mutating func startTLS(_ line: CommandWords) throws(Refusal) {
        try requireNoArgument(line)
        if isEncrypted { throw Refusal(503, "5.5.1", "TLS is already there") }
        guard configuration.offersStartTLS else { throw Refusal(502, "5.5.1", "STARTTLS is not offered") }
        try requireHello()
        resetTransaction()
        beginNegotiation()
    }

    private mutating func authenticate(_ argument: ArraySlice<UInt8>) throws(Refusal) {
        guard isExtended == true else { throw Refusal(503, "5.5.1", "EHLO first") }
        if isAuthenticated { throw Refusal(503, "5.5.1", "already authenticated") }
        if transaction != nil { throw Refusal(503, "5.5.1", "not inside a mail transaction") }
        if needsEncryption { throw Refusal(538, "5.7.11", "STARTTLS first") }
        let words = argument.split(separator: 0x20)
        guard let mechanism = words.first, words.count <= 2 else {
            throw Refusal(501, "5.5.4", "expected a mechanism and at most one response")
        }
        guard let exchange = Authentication(mechanism: mechanism) else {
            throw Refusal(504, "5.5.4", "the mechanisms are \(Authentication.mechanisms.joined(separator: " "))")
        }
        self.exchange = exchange
        if let response = words.dropFirst().first {
            // RFC 4954 4: "=" is an empty one.
            try respond(response.elementsEqual("=".utf8) ? [] : Array(response))
        } else {
            say(Reply(334, exchange.challenge))
        }
    }

    private mutating func respond(_ text: [UInt8]) throws(Refusal) {
        guard var exchange else { return }
        switch try exchange.respond(text) {
        case .challenge(let challenge):
            self.exchange = exchange
            say(Reply(334, challenge))
        case .credentials(let user, let password, let authorization):
            self.exchange = nil
            let event = Event.authenticate(
                user: String(decoding: user, as: UTF8.self), password: Secret(password),
                authorization: authorization.isEmpty ? nil : String(decoding: authorization, as: UTF8.self))
            ask(event, .authenticate)
        }
    }

    private mutating func mail(_ argument: ArraySlice<UInt8>) throws(Refusal) {
        try requireHello()
        if needsEncryption { throw Refusal(530, "5.7.0", "STARTTLS first") }
        if configuration.requiresAuthentication, !isAuthenticated { throw Refusal(530, "5.7.0", "AUTH first") }
        if transaction != nil { throw Refusal(503, "5.5.1", "inside a mail transaction") }
        let command = try MailCommand(argument, extensions)
        transaction = Transaction(isUTF8: command.isUTF8)
        ask(.mail(command), .mail)
    }

    private mutating func recipient(_ argument: ArraySlice<UInt8>) throws(Refusal) {
        guard let transaction else { throw Refusal(503, "5.5.1", "MAIL first") }
        guard transaction.recipients < configuration.limits.recipients else {
            throw Refusal(452, "4.5.3", "too many recipients")
        }
        let command = try RecipientCommand(argument, extensions, isUTF8: transaction.isUTF8)
        self.transaction?.recipients += 1
        ask(.recipient(command), .recipient)
    }

    private mutating func data(_ line: CommandWords) throws(Refusal) {
        try requireNoArgument(line)
        guard let transaction else { throw Refusal(503, "5.5.1", "MAIL first") }
        guard transaction.accepted > 0 else { throw Refusal(554, "5.5.1", "no valid recipients") }
        ask(.data, .data)
    }
}
