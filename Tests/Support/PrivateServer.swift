import Foundation

/// A real mail server on loopback, private to a test: own CA, own mail, IMAPS and STARTTLS.
///
/// `Scripts/lib/mailserver.py` makes it and is at the same time the second mail client of the tests: it appends, stores and
/// reads flags through Python's imaplib and shares no code with the agent. The server ends with ``stop()``, with the
/// last reference, and with this process, however that ends.
package final class PrivateServer: Sendable {
    package enum Kind: String, Sendable { case dovecot, cyrus, courier }

    /// A connection over the relay: its commands without tags, from the login on, and what the server sent after each.
    package struct Session: Sendable {
        package struct Command: Decodable, Sendable {
            package let line: String
            /// Octets until the next command.
            package let received: Int
        }

        package let commands: [Command]
    }

    package struct Message: Decodable, Sendable, Equatable {
        package let uid: UInt32
        package let flags: Set<String>
        /// 0 where the server has none.
        package let modseq: UInt64
        /// Flags without a backslash.
        package var keywords: Set<String> { flags.filter { !$0.hasPrefix("\\") } }
    }

    /// STARTTLS and cleartext.
    package let imapPort: Int
    /// Implicit TLS.
    package let imapsPort: Int
    /// Cleartext, by way of a relay that keeps what is asked: ``sessions()``.
    package let relayPort: Int
    package let caFile: String
    package let users: [String]
    package let password: String
    private let maildirs: [String: String]
    private let conversation: Conversation

    /// Starts a server and returns when its users can log in.
    ///
    /// - Parameters:
    ///   - capability: what the server offers after login, instead of Dovecot's own list; with Dovecot alone.
    ///   - nameless: neither greeting nor ID tells which server it is; with Dovecot alone.
    ///   - rights: folder to the ACL rights (RFC 4314) that its owner keeps; without `w` it drops keywords. With Dovecot
    ///     alone.
    package static func start(
        _ kind: Kind = .dovecot, users: [String] = ["alice", "bob"], capability: String? = nil,
        nameless: Bool = false, rights: [String: String] = [:]
    ) async throws -> PrivateServer {
        var arguments = ["serve", "--kind", kind.rawValue, "--users", users.joined(separator: ",")]
        if let capability { arguments += ["--capability", capability] }
        if nameless { arguments.append("--nameless") }
        for (folder, kept) in rights.sorted(by: { $0.key < $1.key }) { arguments += ["--rights", "\(folder)=\(kept)"] }
        let conversation = try Conversation(arguments: arguments)
        return PrivateServer(try await conversation.next(), conversation)
    }

    /// Where the messages of a folder lie, to write them there before anyone reads: in a Maildir, so not with Cyrus.
    package func maildir(_ folder: String = "Sent", of user: String = "alice") -> String {
        let base = maildirs[user] ?? ""
        return folder == "INBOX" ? base : "\(base)/.\(folder)"
    }

    /// Stores a message by APPEND and returns its UID. Bare line feeds become CRLF.
    @discardableResult
    package func append(
        _ message: some Sequence<UInt8>, to folder: String = "Sent", of user: String = "alice",
        flags: [String] = ["\\Seen"], date: Date? = nil
    ) async throws -> UInt32 {
        var request = Request("append", user, folder)
        request.message = Data(message).base64EncodedString()
        request.flags = flags
        request.date = date?.timeIntervalSince1970
        let stored: Stored = try await conversation.ask(request)
        return stored.uid
    }

    @discardableResult
    package func append(_ message: String, to folder: String = "Sent", of user: String = "alice") async throws -> UInt32
    {
        try await append(message.utf8, to: folder, of: user)
    }

    /// All messages of a folder as the server has them now, by UID.
    package func messages(in folder: String = "Sent", of user: String = "alice") async throws -> [Message] {
        let listing: Listing = try await conversation.ask(Request("flags", user, folder))
        return listing.messages
    }

    /// Flags and keywords of one message; nil if there is no such UID.
    package func fetchFlags(_ uid: UInt32, in folder: String = "Sent", of user: String = "alice") async throws -> Set<
        String
    >? {
        try await messages(in: folder, of: user).first { $0.uid == uid }?.flags
    }

    package enum FlagChange: String, Sendable {
        case add = "+FLAGS"
        case remove = "-FLAGS"
        case replace = "FLAGS"
    }

    package func store(
        _ uid: UInt32, _ change: FlagChange, _ flags: [String], in folder: String = "Sent", of user: String = "alice"
    ) async throws {
        var request = Request("store", user, folder)
        request.uid = uid
        request.change = change.rawValue
        request.flags = flags
        let _: Done = try await conversation.ask(request)
    }

    package func expunge(_ uid: UInt32, in folder: String = "Sent", of user: String = "alice") async throws {
        var request = Request("expunge", user, folder)
        request.uid = uid
        let _: Done = try await conversation.ask(request)
    }

    package func move(_ uid: UInt32, to: String, from folder: String = "Sent", of user: String = "alice") async throws {
        var request = Request("move", user, folder)
        request.uid = uid
        request.to = to
        let _: Done = try await conversation.ask(request)
    }

    /// Deletes the folder and creates it again, empty: another UIDVALIDITY.
    package func recreate(_ folder: String = "Sent", of user: String = "alice") async throws {
        let _: Done = try await conversation.ask(Request("recreate", user, folder))
    }

    /// What the connections over the relay asked so far, in order.
    package func sessions() async throws -> [Session] {
        let asked: Sessions = try await conversation.ask(Request("sessions"))
        return asked.sessions.map(Session.init)
    }

    /// Cuts every connection of the user. With Dovecot alone.
    package func dropConnections(of user: String = "alice") async throws {
        let _: Done = try await conversation.ask(Request("drop", user))
    }

    /// Stops the server; mail, certificates and ports are kept for ``resume()``.
    package func suspend() async throws {
        let _: Done = try await conversation.ask(Request("stop"))
    }

    package func resume() async throws {
        let _: Done = try await conversation.ask(Request("start"))
    }

    /// IMAP bytes sent to the user in all sessions that have ended, without TLS. With Dovecot alone.
    package func bytesSent(to user: String = "alice") async throws -> Int {
        let sent: Sent = try await conversation.ask(Request("sent", user))
        return sent.bytes
    }

    /// How often somebody tried to log in as the user, and could not. With Dovecot alone.
    package func refusedLogins(of user: String = "alice") async throws -> Int {
        let refused: Refused = try await conversation.ask(Request("refused", user))
        return refused.logins
    }

    /// Ends the server for good, removes its directory and returns when both are gone.
    package func stop() async {
        await conversation.end()
    }

    private init(_ place: Place, _ conversation: Conversation) {
        imapPort = place.imap
        imapsPort = place.imaps
        relayPort = place.relay
        caFile = place.ca
        users = place.users
        password = place.password
        maildirs = place.mail
        self.conversation = conversation
    }
}

/// What most tests need.
package typealias Dovecot = PrivateServer

package struct PrivateServerError: Error, CustomStringConvertible {
    package let description: String
}

private struct Place: Decodable {
    let imap: Int
    let imaps: Int
    let relay: Int
    let ca: String
    let users: [String]
    let password: String
    let mail: [String: String]
}

private struct Request: Encodable {
    let `do`: String
    var user: String?
    var folder: String?
    var uid: UInt32?
    var change: String?
    var flags: [String]?
    var message: String?
    var date: Double?
    var to: String?

    init(_ verb: String, _ user: String? = nil, _ folder: String? = nil) {
        self.do = verb
        self.user = user
        self.folder = folder
    }
}

private struct Refusal: Decodable { let error: String }
private struct Stored: Decodable { let uid: UInt32 }
private struct Listing: Decodable { let messages: [PrivateServer.Message] }
private struct Sessions: Decodable { let sessions: [[PrivateServer.Session.Command]] }
private struct Sent: Decodable { let bytes: Int }
private struct Refused: Decodable { let logins: Int }
private struct Done: Decodable {}

/// One line of JSON there, one line back, in order.
///
/// `@unchecked Sendable`: everything mutable is touched on `queue` alone.
private final class Conversation: @unchecked Sendable {
    private let queue = DispatchQueue(label: "mailserver.py")
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var unread: [UInt8] = []

    init(arguments: [String]) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", root.appendingPathComponent("Scripts/lib/mailserver.py").path] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    deinit {
        try? input.fileHandleForWriting.close()
    }

    func ask<Answer: Decodable>(_ request: Request) async throws -> Answer {
        try await onQueue {
            try self.input.fileHandleForWriting.write(contentsOf: JSONEncoder().encode(request) + [UInt8(ascii: "\n")])
            return try self.readAnswer()
        }
    }

    func next<Answer: Decodable>() async throws -> Answer {
        try await onQueue { try self.readAnswer() }
    }

    func end() async {
        try? await onQueue {
            try self.input.fileHandleForWriting.close()
            self.process.waitUntilExit()
        }
    }

    private func onQueue<Value>(_ work: @escaping () throws -> Value) async throws -> Value {
        // The value is made on the queue and handed over once.
        nonisolated(unsafe) let work = work
        let box: Handover<Value> = try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { Handover(value: try work()) }) }
        }
        return box.value
    }

    private func readAnswer<Answer: Decodable>() throws -> Answer {
        let line = try readLine()
        if let refusal = try? JSONDecoder().decode(Refusal.self, from: line) {
            throw PrivateServerError(description: refusal.error)
        }
        return try JSONDecoder().decode(Answer.self, from: line)
    }

    private func readLine() throws -> Data {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Data(unread[..<end])
                unread.removeSubrange(...end)
                return line
            }
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else {
                throw PrivateServerError(description: "mailserver.py has ended; its reason is on standard error")
            }
            unread += more
        }
    }
}

/// `@unchecked Sendable`: written once before it is handed over.
private struct Handover<Value>: @unchecked Sendable {
    let value: Value
}
