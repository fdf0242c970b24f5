import Dialogues
import MIME
import Testing

@testable import SMTP

/// Plays a dialogue against the client's side: `>` calls it, `C` is what it must send, `S` is fed, `E` are the replies
/// (`250 ok`), `closing 421 …`, and `refused 554 …` or `error …`.
struct ClientPlayer {
    let name: String
    let dialogue: Dialogue

    init(_ name: String) throws {
        self.name = name
        dialogue = try SMTPTests.dialogue(name)
    }

    var longestStep: Int {
        dialogue.steps.map { if case .server(let bytes) = $0.action { bytes.count } else { 0 } }.max() ?? 0
    }

    func play(_ cut: ([UInt8]) -> [[UInt8]]) throws {
        var steps = dialogue.steps[...]
        var extensions = Extensions()
        if case .start(let text) = steps.first?.action, text.hasPrefix("session") {
            extensions = Extensions(words: text.split(separator: " ").dropFirst().map(String.init))
            steps.removeFirst()
        }
        var session = ClientSession(extensions: extensions)
        var sent: [UInt8] = []
        var news: [String] = []
        func feed(_ bytes: [UInt8]) {
            let wasClosing = session.closing != nil
            do throws(ReplyError) {
                for piece in cut(bytes) { news += try session.received(piece).map(\.summary) }
                // What was behind a reply shows in the next call.
                if session.failure != nil { _ = try session.received([]) }
            } catch {
                news.append("error \(error)")
            }
            if !wasClosing, let closing = session.closing { news.append("closing \(closing.summary)") }
        }
        for step in steps {
            let place = Comment(rawValue: "\(name):\(step.line)")
            switch step.action {
            case .start(let text):
                let words = text.split(separator: " ", maxSplits: 1).map(String.init)
                let argument = words.dropFirst().first ?? ""
                switch words.first {
                case "mail":
                    let command = try Self.mail(argument)
                    if let refusal = session.extensions.refusal(of: command) {
                        news.append("refused \(refusal.summary)")
                    } else {
                        sent += session.mail(command)
                    }
                case "rcpt":
                    let command = try Self.recipient(argument)
                    if let refusal = session.extensions.refusal(of: command) {
                        news.append("refused \(refusal.summary)")
                    } else {
                        sent += session.recipient(command)
                    }
                case "data": sent += session.data()
                case "content": sent += session.content(unescaped(argument))
                case "end": sent += session.endOfContent()
                case "reset": sent += session.reset()
                case "noop": sent += session.noop()
                case "quit": sent += session.quit()
                default: Issue.record("unknown order: \(text)")
                }
            case .client(let bytes):
                try #require(Array(sent.prefix(bytes.count)).text == bytes.text, place)
                sent.removeFirst(bytes.count)
            case .server(let bytes): feed(bytes)
            case .expect("outstanding 0"): #expect(session.outstanding == 0, place)
            case .expect(let text):
                try #require(news.first == text, place)
                news.removeFirst()
            case .pass, .hangUp: Issue.record("no such step here")
            }
        }
        #expect(sent.text == "", "\(name): sent beyond the dialogue")
        #expect(news == [], "\(name): more news than expected")
    }

    private static func mail(_ text: String) throws -> MailCommand {
        let words = text.split(separator: " ").map(String.init)
        var sender: EnvelopeAddress?
        if let word = words.first, word != "<>" { sender = try address(word) }
        return MailCommand(sender, try words.dropFirst().map(parameter))
    }

    private static func address(_ word: String) throws -> EnvelopeAddress { try #require(EnvelopeAddress(word)) }

    private static func recipient(_ text: String) throws -> RecipientCommand {
        let words = text.split(separator: " ").map(String.init)
        return RecipientCommand(
            try address(words.first ?? ""), try words.dropFirst().map(parameter))
    }

    private static func parameter(_ word: String) throws -> Parameter {
        let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
        return try #require(Parameter(parts[0], parts.dropFirst().first))
    }
}
