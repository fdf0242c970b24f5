import Dispatch
import Foundation

/// A mail program, line by line, without TLS. Every reply is waited for 20 s at most.
///
/// `@unchecked Sendable`: everything mutable is touched on `queue` alone.
final class SMTPClient: @unchecked Sendable {
    struct Failure: Error, CustomStringConvertible { let description: String }

    private let descriptor: Int32
    private let queue = DispatchQueue(label: "smtp-client")
    private var unread: [UInt8] = []
    private var isOpen = true
    private static let patience = 20

    /// Connects, and reads the greeting.
    init(port: Int) async throws {
        descriptor = try Self.connect(to: port)
        let greeting = try await reply()
        guard greeting.hasPrefix("220 ") else { throw Failure(description: "greeted with \(greeting)") }
    }

    deinit { if isOpen { close(descriptor) } }

    func send(_ bytes: some Sequence<UInt8> & Sendable) async throws {
        let bytes = Array(bytes)
        try await onQueue { try self.write(bytes) }
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    /// All lines of the next reply, joined by LF; empty at the end of the connection.
    func reply() async throws -> String { try await onQueue { try self.readReply() } }

    @discardableResult
    func say(_ line: String) async throws -> String {
        try await send(line + "\r\n")
        return try await reply()
    }

    /// EHLO and AUTH. Returns what EHLO was answered.
    @discardableResult
    func login(_ user: String = "alice", _ password: String = Proxy.password) async throws -> String {
        let offer = try await say("EHLO client.example")
        let answer = try await say("AUTH PLAIN \(Data("\0\(user)\0\(password)".utf8).base64EncodedString())")
        guard answer.hasPrefix("235 ") else { throw Failure(description: "login: \(answer)") }
        return offer
    }

    /// MAIL, RCPT and DATA, each of which has to succeed.
    func begin(from sender: String = "alice@example.org", to recipients: [String] = ["bob@far.example"]) async throws {
        for line in ["MAIL FROM:<\(sender)>"] + recipients.map({ "RCPT TO:<\($0)>" }) + ["DATA"] {
            let answer = try await say(line)
            guard answer.hasPrefix("250 ") || answer.hasPrefix("354 ") else {
                throw Failure(description: "\(line): \(answer)")
            }
        }
    }

    /// The answer to a whole mail. Lines of the message that begin with a dot are the caller's.
    func mail(
        _ message: [UInt8], from sender: String = "alice@example.org", to recipients: [String] = ["bob@far.example"]
    ) async throws -> String {
        try await begin(from: sender, to: recipients)
        try await send(message + Array(".\r\n".utf8))
        return try await reply()
    }

    /// Ends the connection without a word.
    func leave() async {
        try? await onQueue {
            close(self.descriptor)
            self.isOpen = false
        }
    }
}

extension SMTPClient {
    private static func connect(to port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: Self.patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw Failure(description: "port \(port) cannot be connected to")
        }
        return descriptor
    }

    private func onQueue<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work() }) }
        }
    }

    private func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(description: "the connection takes nothing more") }
            sent += count
        }
    }

    private func readReply() throws -> String {
        var lines: [String] = []
        while let line = try readLine() {
            lines.append(line)
            if line.utf8.dropFirst(3).first != UInt8(ascii: "-") { break }
        }
        return lines.joined(separator: "\n")
    }

    /// `nil` at the end.
    private func readLine() throws -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            if let end = unread.firstRange(of: [0x0d, 0x0a]) {
                defer { unread.removeSubrange(..<end.upperBound) }
                return String(decoding: unread[..<end.lowerBound], as: UTF8.self)
            }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EAGAIN { throw Failure(description: "no reply within \(Self.patience) s") }
            // A reset is an end, too.
            guard count > 0 else { return nil }
            unread += buffer[..<count]
        }
    }
}
