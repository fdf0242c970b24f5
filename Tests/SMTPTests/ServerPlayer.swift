import Dialogues
import Testing

@testable import SMTP

/// Plays a dialogue against the server's side. `C` is fed, as one segment up to the next line of another kind; `S` is
/// what must be sent; `E` are the events, but for those that send; `>` is what the driver does:
///
///     > session starttls encryption …       before all else: the configuration
///     > hello pipelining size=1000 …        accepts, with these extensions
///     > authenticated / encrypted
///     > 250 2.1.0 ok                        any other answer
struct ServerPlayer {
    let name: String
    let dialogue: Dialogue

    init(_ name: String) throws {
        self.name = name
        dialogue = try SMTPTests.dialogue(name)
    }

    var longestSegment: Int {
        segments.map { if case .client(let bytes) = $0.action { bytes.count } else { 0 } }.max() ?? 0
    }

    /// The steps, those of the client joined.
    private var segments: [(line: Int, action: Dialogue.Action)] {
        var segments: [(line: Int, action: Dialogue.Action)] = []
        for step in dialogue.steps {
            if case .client(let more) = step.action, let last = segments.last, case .client(let bytes) = last.action {
                segments[segments.count - 1].action = .client(bytes + more)
            } else {
                segments.append((step.line, step.action))
            }
        }
        return segments
    }

    func play(_ cut: ([UInt8]) -> [[UInt8]]) throws {
        var steps = segments[...]
        var configuration = ServerSession.Configuration(hostName: "proxy.test")
        if case .start(let text) = steps.first?.action, text.hasPrefix("session") {
            configuration.set(text)
            steps.removeFirst()
        }
        var session = ServerSession(configuration)
        var sent = session.greeting()
        var news: [String] = []
        func take(_ events: [ServerSession.Event]) {
            for event in events {
                switch event {
                case .send(let bytes): sent += bytes
                case .content(let bytes):
                    if let last = news.last, last.hasPrefix("content ") {
                        news[news.count - 1] = last + escaped(bytes)
                    } else {
                        news.append("content \(escaped(bytes))")
                    }
                default: news.append(event.summary)
                }
            }
        }
        for step in steps {
            let place = Comment(rawValue: "\(name):\(step.line)")
            switch step.action {
            case .start("authenticated"): take(session.authenticated())
            case .start("encrypted"): session.encrypted()
            case .start(let text) where text.hasPrefix("hello"):
                take(session.helloAccepted(Extensions(words: text.split(separator: " ").dropFirst().map(String.init))))
            case .start(let text): take(session.answer(try #require(Reply(text), place)))
            case .client(let bytes): for piece in cut(bytes) { take(session.received(piece)) }
            case .server(let bytes):
                try #require(Array(sent.prefix(bytes.count)).text == bytes.text, place)
                sent.removeFirst(bytes.count)
            case .expect(let text):
                try #require(news.first == text, place)
                news.removeFirst()
            case .pass, .hangUp: Issue.record("no such step here")
            }
        }
        #expect(sent.text == "", "\(name): sent beyond the dialogue")
        #expect(news == [], "\(name): more events than expected")
    }
}

extension ServerSession.Configuration {
    fileprivate mutating func set(_ text: String) {
        for word in text.split(separator: " ").dropFirst() {
            let parts = word.split(separator: "=")
            let number = parts.last.flatMap { Int($0) } ?? 0
            switch parts.first {
            case "starttls": offersStartTLS = true
            case "implicit": isEncrypted = true
            case "encryption": requiresEncryption = true
            case "authentication": requiresAuthentication = true
            case "bad": limits.badCommands = number
            case "recipients": limits.recipients = number
            case "ahead": limits.readAhead = number
            default: Issue.record("unknown configuration: \(word)")
            }
        }
    }
}

extension ServerSession.Event {
    var summary: String {
        switch self {
        case .send(let bytes): "send \(escaped(bytes))"
        case .hello(let name, let isExtended): "\(isExtended ? "ehlo" : "helo") \(name)"
        case .startTLS: "starttls"
        case .authenticate(let user, let password, let authorization):
            "login \(user) \(password.reveal(\.text))\(authorization.map { " for \($0)" } ?? "")"
        case .mail(let command): escaped(command.line.dropLast(2))
        case .recipient(let command): escaped(command.line.dropLast(2))
        case .data: "data"
        case .content(let bytes): "content \(escaped(bytes))"
        case .endOfContent(let fault): fault.map { "end \($0)" } ?? "end"
        case .reset: "reset"
        case .close: "close"
        }
    }
}
