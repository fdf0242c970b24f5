import Foundation
import Synchronization

/// The provider that mail is submitted to, on loopback: it takes one mail after the other, each in the way that is next.
final class Provider: Sendable {
    /// What becomes of a mail.
    enum Turn: String, Sendable, CaseIterable {
        case accepted
        /// 451 and 550 to its recipient, 452 and 554 to its content.
        case busy, refused, postponed, refusedContent
        /// No answer: the connection ends before there is any content, or behind all of it. Whether it has the mail then
        /// nobody is told.
        case cutAtData, cutAtEnd, cutAfterEnd
        /// The agent's machine stops: when the recipient has been named, when the content is asked for, when it has been
        /// sent and not accepted, and when it has been accepted.
        case stopAtRecipient, stopAtData, stopAtEnd, stopAfterEnd

        var stops: Bool { rawValue.hasPrefix("stop") }
    }

    struct Mail: Sendable {
        let recipients: [String]
        let content: String
    }

    private struct State {
        var turn = Turn.accepted
        var accepted: [Mail] = []
        var stop: (@Sendable () -> Void)?
        var hasStopped = false
    }

    let port: UInt16
    private let listener: Int32
    private let state = Mutex(State())

    init?() {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isOpen = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                bind(socket, place, length) == 0 && listen(socket, 8) == 0
                    && getsockname(socket, place, &length) == 0
            }
        }
        guard socket >= 0, isOpen else { return nil }
        listener = socket
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in
            while case let client = accept(listener, nil, nil), client >= 0 {
                serve(client)
                close(client)
            }
        }
    }

    /// Nobody is served any more, and the thread ends.
    func end() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// The next mail's way. `stop` is called where the agent's machine is to stop.
    func prepare(_ turn: Turn, stop: @escaping @Sendable () -> Void) {
        state.withLock {
            $0.turn = turn
            $0.stop = stop
        }
    }

    /// Whether the machine has stopped since this was last asked.
    func hasStopped() -> Bool {
        state.withLock { state in
            defer { state.hasStopped = false }
            return state.hasStopped
        }
    }

    /// What has been accepted since this was last asked.
    func take() -> [Mail] {
        state.withLock { state in
            defer { state.accepted = [] }
            return state.accepted
        }
    }
}

extension Provider {
    /// After it, whatever a mail's way was, the next one's is smooth.
    private func turn(_ moments: Turn...) -> Turn? {
        let (turn, stop) = state.withLock { state -> (Turn?, (@Sendable () -> Void)?) in
            guard moments.contains(state.turn) else { return (nil, nil) }
            defer { state.turn = .accepted }
            if state.turn.stops { state.hasStopped = true }
            return (state.turn, state.turn.stops ? state.stop : nil)
        }
        stop?()
        return turn
    }

    private func serve(_ client: Int32) {
        var input: [UInt8] = []
        var recipients: [String] = []
        say(client, "220 ready")
        while let line = line(from: client, &input) {
            switch line.prefix(4).uppercased() {
            case "EHLO": say(client, "250-here\r\n250-PIPELINING\r\n250 8BITMIME")
            case "RCPT":
                recipients.append(line)
                switch turn(.busy, .refused, .stopAtRecipient) {
                case .busy: say(client, "451 4.3.0 not now")
                case .refused: say(client, "550 5.1.1 nobody")
                default: say(client, "250 fine")
                }
            case "DATA":
                if turn(.cutAtData, .stopAtData) != nil { return }
                say(client, "354 go")
                var content: [String] = []
                while let line = self.line(from: client, &input), line != "." { content.append(line) }
                let mail = Mail(recipients: recipients, content: content.joined(separator: "\r\n"))
                recipients = []
                switch turn(.postponed, .refusedContent, .cutAtEnd, .stopAtEnd) {
                case .postponed: say(client, "452 4.3.1 full")
                case .refusedContent: say(client, "554 5.6.0 no")
                case nil:
                    state.withLock { $0.accepted.append(mail) }
                    if turn(.cutAfterEnd, .stopAfterEnd) != nil { return }
                    say(client, "250 2.0.0 accepted")
                default: return
                }
            case "RSET":
                recipients = []
                say(client, "250 fine")
            case "QUIT": return say(client, "221 bye")
            default: say(client, "250 fine")
            }
        }
    }

    private func say(_ client: Int32, _ text: String) {
        let bytes = Array((text + "\r\n").utf8)
        _ = send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    private func line(from client: Int32, _ input: inout [UInt8]) -> String? {
        while true {
            if let end = input.firstIndex(of: 0x0A) {
                defer { input.removeSubrange(...end) }
                return String(decoding: input[..<end].filter { $0 != 0x0D }, as: UTF8.self)
            }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(client, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            input += buffer[..<count]
        }
    }
}
