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
            /// Which of all connections' commands it was.
            package let number: Int
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
    private let process: LineProcess

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
        let process = try LineProcess(repositoryFile("Scripts/lib/mailserver.py"), arguments)
        return PrivateServer(try await process.next(), process)
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
        let stored: Stored = try await process.ask(request)
        return stored.uid
    }

    @discardableResult
    package func append(_ message: String, to folder: String = "Sent", of user: String = "alice") async throws -> UInt32
    {
        try await append(message.utf8, to: folder, of: user)
    }

    /// All messages of a folder as the server has them now, by UID.
    package func messages(in folder: String = "Sent", of user: String = "alice") async throws -> [Message] {
        let listing: Listing = try await process.ask(Request("flags", user, folder))
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
        let _: Done = try await process.ask(request)
    }

    package func expunge(_ uid: UInt32, in folder: String = "Sent", of user: String = "alice") async throws {
        var request = Request("expunge", user, folder)
        request.uid = uid
        let _: Done = try await process.ask(request)
    }

    package func move(_ uid: UInt32, to: String, from folder: String = "Sent", of user: String = "alice") async throws {
        var request = Request("move", user, folder)
        request.uid = uid
        request.to = to
        let _: Done = try await process.ask(request)
    }

    package func create(_ folder: String, of user: String = "alice") async throws {
        let _: Done = try await process.ask(Request("create", user, folder))
    }

    /// All messages of a folder with all of their text, by UID; none if there is no such folder.
    package func texts(in folder: String, of user: String = "alice") async throws -> [UInt32: String] {
        let found: Texts = try await process.ask(Request("texts", user, folder))
        return Dictionary(
            found.texts.map { ($0.uid, String(decoding: Data(base64Encoded: $0.message) ?? Data(), as: UTF8.self)) }
        ) { first, _ in first }
    }

    /// INTERNALDATE of all messages of a folder, by UID.
    package func dates(in folder: String, of user: String = "alice") async throws -> [UInt32: Date] {
        let found: Dates = try await process.ask(Request("dates", user, folder))
        return Dictionary(found.dates.map { ($0.uid, Date(timeIntervalSince1970: $0.date)) }) { first, _ in first }
    }

    /// Deletes the folder and creates it again, empty: another UIDVALIDITY.
    package func recreate(_ folder: String = "Sent", of user: String = "alice") async throws {
        let _: Done = try await process.ask(Request("recreate", user, folder))
    }

    /// What the connections over the relay asked so far, in order.
    package func sessions() async throws -> [Session] {
        let asked: Sessions = try await process.ask(Request("sessions"))
        return asked.sessions.map(Session.init)
    }

    /// Cuts every connection of the user. With Dovecot alone.
    package func dropConnections(of user: String = "alice") async throws {
        let _: Done = try await process.ask(Request("drop", user))
    }

    /// Stops the server; mail, certificates and ports are kept for ``resume()``.
    package func suspend() async throws {
        let _: Done = try await process.ask(Request("stop"))
    }

    package func resume() async throws {
        let _: Done = try await process.ask(Request("start"))
    }

    /// IMAP bytes sent to the user in all sessions that have ended, without TLS. With Dovecot alone.
    package func bytesSent(to user: String = "alice") async throws -> Int {
        let sent: Sent = try await process.ask(Request("sent", user))
        return sent.bytes
    }

    /// How often somebody tried to log in as the user, and could not. With Dovecot alone.
    package func refusedLogins(of user: String = "alice") async throws -> Int {
        let refused: Refused = try await process.ask(Request("refused", user))
        return refused.logins
    }

    /// An access token that logs the user in for so long. With Dovecot alone.
    package func accessToken(of user: String = "alice", lifetime: Int) async throws -> String {
        var request = Request("token", user)
        request.lifetime = lifetime
        let printed: Token = try await process.ask(request)
        return printed.token
    }

    /// Ends the server for good, removes its directory and returns when both are gone.
    package func stop() async {
        await process.end()
    }

    private init(_ place: Place, _ process: LineProcess) {
        imapPort = place.imap
        imapsPort = place.imaps
        relayPort = place.relay
        caFile = place.ca
        users = place.users
        password = place.password
        maildirs = place.mail
        self.process = process
    }
}

/// What most tests need.
package typealias Dovecot = PrivateServer

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
    /// Seconds.
    var lifetime: Int?

    init(_ verb: String, _ user: String? = nil, _ folder: String? = nil) {
        self.do = verb
        self.user = user
        self.folder = folder
    }
}

private struct Stored: Decodable { let uid: UInt32 }
private struct Listing: Decodable { let messages: [PrivateServer.Message] }
private struct Texts: Decodable {
    struct Text: Decodable {
        let uid: UInt32
        let message: String
    }

    let texts: [Text]
}

private struct Dates: Decodable {
    struct Received: Decodable {
        let uid: UInt32
        let date: Double
    }

    let dates: [Received]
}

private struct Sessions: Decodable { let sessions: [[PrivateServer.Session.Command]] }
private struct Sent: Decodable { let bytes: Int }
private struct Refused: Decodable { let logins: Int }
private struct Token: Decodable { let token: String }
private struct Done: Decodable {}
