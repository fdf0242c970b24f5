/// An IMAP conversation after login, without I/O.
///
/// Every input (`begin`, `start`, `finishIdle`, `received`, `sent`, `tick`, `endOfStream`) changes the state and adds
/// actions; the runner then takes them with ``takeActions()`` and carries them out in order. `now` is any clock that
/// never goes back, in milliseconds.
///
/// The first command is the session's own: bytes behind the login's OK may have been lost with the transport's buffer,
/// perhaps in the middle of a line, so everything that cannot be read is dropped up to its answer. It is CAPABILITY, or
/// if the login has listed all: ENABLE, where something is to be enabled, and else NOOP, as after an ENABLE that was
/// refused. Then `Event.ready` comes, and commands that were started meanwhile go out.
///
/// Commands are pipelined (RFC 9051 5.5), but SELECT, EXAMINE, ENABLE, COMPRESS, IDLE and LOGOUT run alone, and nothing overtakes
/// a command that waits for a `+`. After `.close` there are no further actions; commands without `.finished` have
/// failed, and whether the server carried them out is unknown.
package struct Session: Sendable {
    package private(set) var capabilities: Capabilities
    /// What the server has said to be in force since an ENABLE (RFC 5161).
    package private(set) var enabled: Set<Capability> = []
    private var timing: Timing
    private var limits: Limits
    private var parser: ResponseParser
    private var tags: TagSource
    private var phase = Phase.fresh
    private var gate = Gate.open
    private var queue: [Outgoing] = []
    private var inFlight: [Outgoing] = []
    private var actions: [Action] = []
    private var announcedDeadline: Int64?
    private var lastActivity: Int64 = 0
    private var lastCompletion: Int64 = 0
    private var bytesSinceCompletion = 0

    /// - Parameter tagPrefix: hard to guess, so that nobody can forge a tagged response; letters and digits, the rest is
    ///   left out.
    /// - Parameter capabilities: what the answer to the login listed, if it did.
    package init(
        tagPrefix: String, capabilities: Capabilities = Capabilities(), timing: Timing = Timing(),
        limits: Limits = Limits()
    ) {
        self.capabilities = capabilities
        self.timing = timing
        self.limits = limits
        parser = ResponseParser(limits: limits.parser)
        tags = TagSource(prefix: tagPrefix)
    }

    /// What to do now, in order. Each action is returned once.
    package mutating func takeActions() -> [Action] {
        let deadline = self.deadline
        if deadline != announcedDeadline, phase != .closed {
            announcedDeadline = deadline
            actions.append(.wait(until: deadline))
        }
        defer { actions = [] }
        return actions
    }

    /// Whether commands are in flight or wait to be sent.
    package var isBusy: Bool { !inFlight.isEmpty || !queue.isEmpty }

    /// Whether an IDLE has been started and not ended yet.
    package var isIdle: Bool {
        switch gate {
        case .idle: true
        case .open, .literal, .exclusive: false
        }
    }
}

extension Session {
    /// What is known of the server by now bounds what is sent from here on; a running IDLE included.
    /// - Parameter idle: milliseconds.
    package mutating func restrict(idle: Int64, commandsInFlight: Int) {
        timing.idle = min(timing.idle, idle)
        limits.commandsInFlight = max(1, min(limits.commandsInFlight, commandsInFlight))
    }

    /// - Parameter enabling: what is wanted in any case, if that is known. Not asked for before the capabilities are.
    package mutating func begin(enabling wanted: Capability? = nil, now: Int64) {
        guard phase == .fresh else { return }
        guard !capabilities.all.isEmpty else { return resynchronise(by: .capability, now: now) }
        resynchronise(by: wanted.map { .enable([$0]) } ?? .noop, now: now)
    }

    /// Queues the command; it goes out as soon as the commands before it allow.
    package mutating func start(_ command: Command, now: Int64) throws(CommandError) -> Tag {
        if phase == .closed { throw .closed }
        let parts = try command.parts()
        let tag = tags.next()
        queue.append(Outgoing(tag: tag, command: command, parts: parts))
        pump(now: now)
        return tag
    }

    /// Ends the running IDLE, at once or as soon as the server lets it begin. One that still waits its turn is taken
    /// back and finishes with OK. Without any, nothing happens.
    package mutating func finishIdle(now: Int64) {
        if phase == .closed { return }
        guard case .idle(let state) = gate else { return withdrawIdle() }
        switch state {
        case .requested: gate = .idle(.requested(finish: true))
        case .active:
            gate = .idle(.finishing)
            lastActivity = now
            lastCompletion = now
            actions.append(.send(Array("DONE\r\n".utf8)))
        case .finishing: break
        }
    }

    package mutating func received(_ bytes: [UInt8], now: Int64) {
        if phase == .closed { return }
        lastActivity = now
        bytesSinceCompletion += bytes.count
        parser.append(bytes)
        do throws(IMAPSyntaxError) {
            while phase != .closed, let response = try parser.next() { handle(response, now: now) }
        } catch {
            close(.syntax(error))
        }
        if bytesSinceCompletion > limits.bytesPerCommand { close(.tooMuchData) }
    }

    /// Bytes of ours left for the server: until all are gone it cannot answer, so its silence counts from here.
    package mutating func sent(now: Int64) { lastActivity = max(lastActivity, now) }

    package mutating func endOfStream() {
        close(isLoggingOut ? .loggedOut : .endOfStream)
    }

    package mutating func tick(now: Int64) {
        guard phase != .closed, let deadline, now >= deadline else { return }
        if case .idle(.active) = gate { return finishIdle(now: now) }
        if isLoggingOut { return close(.loggedOut) }
        close(.timedOut(command: inFlight.first?.name ?? ""))
    }
}
extension Session {
    private mutating func handle(_ response: Response, now: Int64) {
        switch response {
        case .untagged(let untagged): handle(untagged)
        case .continuation(let text): proceed(text, now: now)
        case .tagged(let tag, let completion): complete(tag, completion, now: now)
        case .unparsable(let bytes): handleUnparsable(bytes, now: now)
        }
    }

    private mutating func handle(_ untagged: Untagged) {
        switch untagged {
        case .bye(let text):
            actions.append(.deliver(.untagged(untagged)))
            if !isLoggingOut { close(.bye(text)) }
            return
        case .preauthenticated:
            return close(.protocolError("PREAUTH after login"))
        case .capability(let all):
            capabilities = Capabilities(all)
        case .condition(let condition):
            adoptCapabilities(of: condition)
        case .enabled(let all):
            enabled.formUnion(all)
        case .id, .flags, .list, .search, .exists, .recent, .expunge, .vanished, .fetch, .mailboxStatus, .other:
            break
        }
        actions.append(.deliver(.untagged(untagged)))
    }

    /// A `+`: the permission that a literal or IDLE waits for. Without such a wait it means nothing.
    private mutating func proceed(_ text: ResponseText, now: Int64) {
        switch gate {
        case .literal:
            sendNextPiece(now: now)
            pump(now: now)
        case .idle(.requested(let finish)):
            gate = .idle(.active(since: now))
            if let tag = inFlight.last?.tag { actions.append(.deliver(.idling(tag))) }
            if finish { finishIdle(now: now) }
        case .open, .exclusive, .idle(.active), .idle(.finishing):
            actions.append(.deliver(.skipped(Array("+ \(text.text)".utf8.prefix(ResponseParser.prefixLength)))))
        }
    }

    private mutating func complete(_ tag: Tag, _ completion: Completion, now: Int64) {
        adoptCapabilities(of: completion)
        guard let index = inFlight.firstIndex(where: { $0.tag == tag }) else {
            // Before the session is in step these are the login's own.
            if case .resynchronising = phase { return }
            return close(.protocolError("response to \(tag), which is not a command in flight"))
        }
        let done = inFlight.remove(at: index)
        lastCompletion = now
        bytesSinceCompletion = 0
        switch gate {
        case .open: break
        case .literal:
            // Refused (or answered) before its literal was asked for: the rest of the command is not sent.
            if !done.pieces.isEmpty { gate = .open }
        case .exclusive, .idle: gate = .open
        }
        if phase == .resynchronising(tag) {
            // That it cannot be enabled is no refusal to serve.
            if completion.status != .ok, done.name == Command.enable([]).name {
                return resynchronise(by: .noop, now: now)
            }
            guard completion.status == .ok else {
                return close(.refused(ResponseText(code: completion.code, text: completion.text)))
            }
            phase = .ready
            actions.append(.deliver(.ready))
        } else {
            actions.append(.deliver(.finished(tag, completion)))
            if done.discipline == .logout { return close(.loggedOut) }
            if done.discipline == .compress, completion.status == .ok {
                actions.append(.compress(received: parser.takeRest()))
            }
        }
        pump(now: now)
    }

    /// A line that begins with a pending tag ends that command even if the rest is garbage: else it would hang.
    private mutating func handleUnparsable(_ bytes: [UInt8], now: Int64) {
        let word = String(decoding: bytes.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
        if inFlight.contains(where: { $0.tag.rawValue == word }) {
            complete(
                Tag(word), Completion(.bad, ResponseText(text: bytes.dropFirst(word.utf8.count + 1).text)), now: now)
        } else if phase == .ready {
            actions.append(.deliver(.skipped(bytes)))
        }
    }

    private mutating func adoptCapabilities(of completion: Completion) {
        if case .capability(let all) = completion.code { capabilities = Capabilities(all) }
    }

    private mutating func close(_ reason: CloseReason) {
        if phase == .closed { return }
        phase = .closed
        queue = []
        inFlight = []
        actions.append(.close(reason))
    }
}
extension Session {
    private mutating func resynchronise(by command: Command, now: Int64) {
        let tag = tags.next()
        phase = .resynchronising(tag)
        // What cannot be spelled is refused by the server, and that is borne.
        let parts = (try? command.parts()) ?? [.text(Array(command.name.utf8))]
        transmit(Outgoing(tag: tag, command: command, parts: parts), now: now)
    }

    private mutating func pump(now: Int64) {
        while phase == .ready, case .open = gate, let next = queue.first {
            let unanswered = inFlight.reduce(0) { $0 + $1.size }
            if next.runsAlone || inFlight.first?.runsAlone == true {
                guard inFlight.isEmpty else { return }
            } else if !inFlight.isEmpty {
                guard inFlight.count < limits.commandsInFlight, unanswered + next.size <= limits.bytesInFlight else {
                    return
                }
            }
            queue.removeFirst()
            transmit(next, now: now)
        }
    }

    private mutating func transmit(_ outgoing: Outgoing, now: Int64) {
        if inFlight.isEmpty {
            lastCompletion = now
            bytesSinceCompletion = 0
        }
        lastActivity = now
        var outgoing = outgoing
        outgoing.pieces =
            CommandPart.pieces(
                of: outgoing.parts, tag: outgoing.tag, literals: LiteralMode(capabilities))[...]
        inFlight.append(outgoing)
        sendNextPiece(now: now)
    }

    private mutating func sendNextPiece(now: Int64) {
        guard let last = inFlight.indices.last, let piece = inFlight[last].pieces.popFirst() else { return }
        lastActivity = now
        actions.append(.send(piece))
        if !inFlight[last].pieces.isEmpty {
            gate = .literal
        } else {
            switch inFlight[last].discipline {
            case .pipelined: gate = .open
            case .alone, .compress, .logout: gate = .exclusive
            case .idle: gate = .idle(.requested(finish: false))
            }
        }
    }

    private mutating func withdrawIdle() {
        guard let index = queue.firstIndex(where: { $0.discipline == .idle }) else { return }
        let withdrawn = queue.remove(at: index)
        actions.append(.deliver(.finished(withdrawn.tag, Completion(.ok))))
    }

    private var isLoggingOut: Bool { inFlight.last?.discipline == .logout }

    private var deadline: Int64? {
        guard phase != .closed, !inFlight.isEmpty else { return nil }
        if case .idle(.active(let since)) = gate { return since + timing.idle }
        if case .idle(.finishing) = gate { return min(lastActivity + timing.done, lastCompletion + timing.command) }
        if isLoggingOut { return lastCompletion + timing.logout }
        return min(lastActivity + timing.silence, lastCompletion + timing.command)
    }
}
