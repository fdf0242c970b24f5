/// The server's side of a submission (RFC 6409), without I/O.
///
/// The driver carries out the events in order. It answers each `hello`, `authenticate`, `mail`, `recipient`, `data` and
/// `endOfContent`, in their order, and every answer returns further events. With PIPELINING several MAIL and RCPT come
/// before the first is answered; everything else waits until all before it is. Replies leave in the order of the
/// commands.
package struct ServerSession: Sendable {
    let configuration: Configuration
    private(set) var input = ClientInput()
    private var phase = Phase.commands
    private var due: [Due] = []
    /// A line that waits for answers.
    private var held: ClientInput.Line?
    private var events: [Event] = []
    var isEncrypted: Bool
    var isAuthenticated = false
    /// `nil` before EHLO or HELO.
    var isExtended: Bool?
    /// What the client was told.
    var extensions = Extensions()
    /// From MAIL on, as long as it is not refused.
    var transaction: Transaction?
    var exchange: Authentication?
    private var badCommands = 0
    private var failedAuthentications = 0

    package init(_ configuration: Configuration) {
        self.configuration = configuration
        isEncrypted = configuration.isEncrypted
    }

    /// Answers of the driver that are due.
    package var outstanding: Int { due.reduce(0) { if case .answer = $1 { $0 + 1 } else { $0 } } }

    /// What is sent first.
    package func greeting() -> [UInt8] { Reply(220, "\(configuration.hostName) ESMTP Sentmark").bytes }

    package mutating func received(_ bytes: some Collection<UInt8>) -> [Event] {
        input.append(bytes)
        return proceed()
    }

    /// To `hello`. STARTTLS and AUTH are the session's own.
    package mutating func helloAccepted(_ offered: Extensions) -> [Event] {
        guard case .answer(.hello(let isExtended)) = due.first else { return [] }
        self.isExtended = isExtended
        extensions = Extensions()
        if isExtended {
            extensions = offered
            extensions.startTLS = configuration.offersStartTLS && !isEncrypted
            extensions.auth = isAuthenticated || needsEncryption ? [] : Authentication.mechanisms
        }
        let lines = [configuration.hostName] + extensions.lines
        return answer(Reply(code: 250, lines: lines.map { Array($0.utf8) }))
    }

    package mutating func authenticated() -> [Event] {
        guard case .answer(.authenticate) = due.first else { return [] }
        isAuthenticated = true
        failedAuthentications = 0
        return answer(Reply(235, "2.7.0", "authenticated"))
    }

    package mutating func authenticationFailed(_ reply: Reply) -> [Event] { answer(reply) }

    /// The reply to the first event that has none. A 421 ends the session.
    package mutating func answer(_ reply: Reply) -> [Event] {
        guard case .answer(let awaited) = due.first else { return [] }
        due.removeFirst()
        send(reply.bytes)
        var isEnd = reply.code == 421
        switch awaited {
        case .hello: break
        case .authenticate:
            guard !isAuthenticated else { break }
            failedAuthentications += 1
            if failedAuthentications >= configuration.limits.failedAuthentications, !isEnd {
                send(Reply(421, "4.7.0", "too many failed logins").bytes)
                isEnd = true
            }
        case .mail: if !reply.isPositive { transaction = nil }
        case .recipient:
            if reply.isPositive {
                transaction?.accepted += 1
            } else {
                transaction?.recipients -= 1
            }
        case .data:
            guard reply.isIntermediate else { break }
            var limit: Int?
            if case .limit(let octets) = extensions.size { limit = octets }
            phase = .content(ContentReader(limit: limit))
        case .endOfContent:
            transaction = nil
            if reply.isPositive { badCommands = 0 }
        }
        if isEnd { due = [.close] }
        sendDue()
        return proceed()
    }

    /// TLS is established: all that was said before is forgotten (RFC 3207 4.2).
    package mutating func encrypted() {
        guard case .negotiating = phase else { return }
        var secured = configuration
        secured.isEncrypted = true
        self = ServerSession(secured)
    }
}

extension ServerSession {
    var needsEncryption: Bool { configuration.requiresEncryption && !isEncrypted }

    private mutating func proceed() -> [Event] {
        while readNext() {}
        if input.count > configuration.limits.readAhead {
            due = []
            end(Reply(421, "4.7.0", "too much sent ahead"))
        }
        defer { events = [] }
        return events
    }

    /// Whether there may be more to read.
    private mutating func readNext() -> Bool {
        switch phase {
        case .commands:
            guard due.isEmpty || mayReadAhead, let line = held ?? nextLine() else { return false }
            held = nil
            guard due.isEmpty || line.isRecipient else {
                held = line
                return false
            }
            read(line)
            return true
        case .content(var reader):
            guard input.count > 0 else { return false }
            let (content, hasEnded) = input.content { bytes in
                let (content, end) = reader.read(bytes)
                return ((content, end != nil), end)
            }
            if !content.isEmpty { events.append(.content(content)) }
            phase = hasEnded ? .commands : .content(reader)
            if hasEnded { ask(.endOfContent(reader.fault), .endOfContent) }
            return true
        case .negotiating, .closing:
            // What came before TLS is not of the session that follows (CVE-2011-0411).
            input.removeAll()
            held = nil
            return false
        }
    }

    private mutating func nextLine() -> ClientInput.Line? {
        let (limits, isExchange) = (configuration.limits, exchange != nil)
        return input.line { line in
            isExchange || line.prefix(5).equalsIgnoringCase("AUTH ") ? limits.authenticationLine : limits.commandLine
        }
    }

    /// Whether what follows is a command, and may be RCPT. Behind DATA it may be content. Only MAIL and RCPT stand behind an
    /// answer that is due, so the first one says it of all.
    private var mayReadAhead: Bool {
        guard extensions.pipelining, due.count <= configuration.limits.recipients, case .answer(let awaited) = due.first
        else { return false }
        return switch awaited {
        case .mail, .recipient: true
        case .hello, .authenticate, .data, .endOfContent: false
        }
    }

    private mutating func read(_ line: ClientInput.Line) {
        do throws(Refusal) {
            switch line {
            case .text(let text): try perform(text)
            case .malformed: throw .line
            case .tooLong: throw Refusal(500, "5.5.2", "line too long")
            }
        } catch {
            exchange = nil
            if error.reply.isPermanent { badCommands += 1 }
            if badCommands >= configuration.limits.badCommands {
                end(Reply(421, "4.7.0", "too many errors"))
            } else {
                say(error.reply)
            }
        }
    }

    /// Hands an event to the driver and waits for its answer.
    mutating func ask(_ event: Event, _ awaited: Awaited) {
        events.append(event)
        due.append(.answer(awaited))
    }

    mutating func report(_ event: Event) { events.append(event) }

    mutating func say(_ reply: Reply) {
        due.append(.bytes(reply.bytes))
        sendDue()
    }

    /// The last reply.
    mutating func end(_ reply: Reply) {
        due += [.bytes(reply.bytes), .close]
        phase = .closing
        sendDue()
    }

    mutating func beginNegotiation() {
        say(Reply(220, "2.0.0", "ready for TLS"))
        report(.startTLS)
        phase = .negotiating
    }

    private mutating func sendDue() {
        while let item = due.first {
            switch item {
            case .answer: return
            case .bytes(let bytes): send(bytes)
            case .close:
                phase = .closing
                events.append(.close)
            }
            due.removeFirst()
        }
    }

    private mutating func send(_ bytes: [UInt8]) {
        if case .send(let earlier) = events.last {
            events[events.count - 1] = .send(earlier + bytes)
        } else {
            events.append(.send(bytes))
        }
    }
}

extension ClientInput.Line {
    fileprivate var isRecipient: Bool {
        switch self {
        case .text(let text): CommandWords(text[...]).verb == Verb.rcpt.rawValue
        case .malformed, .tooLong: false
        }
    }
}
