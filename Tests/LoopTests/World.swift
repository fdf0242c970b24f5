import Foundation
import TestSupport

/// A mailbox on a real mail server, the program beside it, and recipients who load pixels.
struct World {
    enum Connection: String, Sendable, CaseIterable { case tls, starttls }

    static let thunderbird = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0"
    static let scanner = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/97.0.4692.71"
    /// RFC 5737 documentation networks for readers; the others are a mail filter's and Apple's relay's published ones.
    static let home = "192.0.2.10"
    static let filter = "40.107.218.12"
    static let relay = "172.225.0.9"

    let server: PrivateServer
    let program: Program
    private let template: String

    init(_ connection: Connection = .tls, dovecot: Dovecot) throws {
        let imap =
            switch connection {
            case .tls: "imaps://127.0.0.1:\(dovecot.imapsPort)"
            case .starttls: "imap://127.0.0.1:\(dovecot.imapPort)"
            }
        try self.init(dovecot: dovecot, accounts: [Account(on: dovecot, imap: imap)])
    }

    /// - Parameter server: where the pixel server runs, if not in the same process.
    init(dovecot: Dovecot, accounts: [Account], server: Program? = nil) throws {
        try self.init(on: dovecot, accounts: accounts, pixels: server)
    }

    /// - Parameter pixels: where the pixel server runs, if not in the same process.
    init(on server: PrivateServer, accounts: [Account], pixels: Program? = nil) throws {
        self.server = server
        program = try Program()
        let fixture = try found(Bundle.module.url(forResource: "Fixtures/message", withExtension: "eml"), "message.eml")
        template = try String(contentsOf: fixture, encoding: .utf8)
        for account in accounts { try program.write("keys/\(account.name).password", account.password) }
        let host = pixels ?? program
        let source = """
            [[source]]
            kind = "sentmark"
            url = "\(host.url)"
            credential_file = "keys/px"
            """
        let serving = Self.serving(host)
        let parts = accounts.map(\.text) + [source] + (pixels == nil ? [serving] : [])
        try program.write("config.toml", parts.joined(separator: "\n\n") + "\n")
        try pixels?.write("config.toml", serving)
        try host.command("stream", "add", "test", "--output", program.home.appending(path: "keys/px").path)
    }

    /// For the next start, or after SIGHUP.
    func add(_ account: Account) throws {
        try program.write("keys/\(account.name).password", account.password)
        try add(account.text)
    }

    func add(_ lines: String) throws {
        let file = program.home.appending(path: "config.toml")
        try program.write("config.toml", try String(contentsOf: file, encoding: .utf8) + "\n" + lines + "\n")
    }

    /// One account of the configuration.
    struct Account {
        var name: String
        var imap: String
        var user: String
        var password: String
        var caFile: String?
        /// Further lines.
        var more = ""

        /// A user of the server with the right password.
        init(_ name: String = "alice", on server: PrivateServer, user: String? = nil, imap: String? = nil) {
            self.name = name
            self.imap = imap ?? "imaps://127.0.0.1:\(server.imapsPort)"
            self.user = user ?? name
            password = server.password
            caFile = server.caFile
        }

        /// Somebody on a server that plays a script.
        init(_ name: String, on server: ScriptedServer, _ security: ScriptedServer.Security = .none) {
            self.name = name
            imap = "\(security == .implicit ? "imaps" : "imap")://127.0.0.1:\(server.port)"
            user = "me@example.org"
            password = "correct horse"
            caFile = server.caFile
            more = "replies = false\n" + (security == .none ? "cleartext = true" : "")
        }

        /// A user of the server behind a relay.
        init(_ user: String, on dovecot: Dovecot, through relay: IMAPRelay, more: String = "") {
            self.init(user, on: dovecot, imap: "imap://127.0.0.1:\(relay.port)")
            caFile = nil
            self.more = "cleartext = true\n\(more)"
        }

        fileprivate var text: String {
            let trust = caFile.map { "ca_file = \"\($0)\"" } ?? ""
            return """
                [[account]]
                name = "\(name)"
                imap = "\(imap)"
                user = "\(user)"
                password_file = "keys/\(name).password"
                since = "all"
                \(trust)
                \(more)
                """
        }
    }

    private static func serving(_ program: Program) -> String {
        """
        [server]
        listen = "127.0.0.1:\(program.port)"
        public_url = "\(program.url)"
        trusted_proxies = ["127.0.0.1/32"]
        """
    }

    struct Pixel: Decodable {
        let token: String
        let url: String
        let html: String
    }

    func newPixel() throws -> Pixel {
        try JSONDecoder().decode(Pixel.self, from: Data(try program.command("token", "new", "--json").utf8))
    }

    /// While the configuration file is broken: a token made under this text, which is put there for that long.
    func newPixel(with configuration: String) throws -> Pixel {
        let broken = try String(contentsOf: program.home.appending(path: "config.toml"), encoding: .utf8)
        try program.write("config.toml", configuration)
        defer { try? program.write("config.toml", broken) }
        return try newPixel()
    }

    /// Puts a message into Sent, as the user's mail program does after sending. Returns its UID.
    @discardableResult
    func send(
        _ number: String, _ pixel: Pixel? = nil, as user: String = "alice", ago seconds: Double = 0
    ) async throws -> UInt32 {
        try await send(number, html: pixel?.html ?? "", as: user, ago: seconds)
    }

    /// A message that shows an image which may be no pixel of ours.
    func send(_ number: String, image: String) async throws -> UInt32 {
        try await send(number, html: "<img src=\"\(image)\" width=\"1\" height=\"1\">", as: "alice")
    }

    private func send(
        _ number: String, html: String, as user: String, ago seconds: Double = 0
    ) async throws -> UInt32 {
        let date = (Date() - seconds).formatted(
            Date.VerbatimFormatStyle(
                format:
                    "\(day: .twoDigits) \(month: .abbreviated) \(year: .defaultDigits) \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits) +0000",
                locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt, calendar: Calendar(identifier: .gregorian)))
        let text = template.replacing("NUMBER", with: number).replacing("DATE", with: date)
            .replacing("PIXEL", with: html)
        return try await server.append(text, of: user)
    }

    func keywords(_ uid: UInt32, of user: String = "alice") async throws -> Set<String> {
        Set(try await server.fetchFlags(uid, of: user)?.filter { !$0.hasPrefix("\\") } ?? [])
    }

    /// Waits until the message has exactly these keywords, as another mail program sees it.
    func expect(_ uid: UInt32, of user: String = "alice", _ keywords: Set<String>, within seconds: Double = 20)
        async throws
    {
        do {
            try await wait(seconds, "UID \(uid) to have \(keywords.sorted())") {
                try await self.keywords(uid, of: user) == keywords
            }
        } catch let failure as Program.Failure {
            let seen = try await self.keywords(uid, of: user).sorted()
            let status = (try? program.command("status")) ?? ""
            throw Program.Failure(description: "\(failure)\nit has \(seen)\n\(status)")
        }
    }

    /// Asks again until it is so. `seconds`: what is plenty on a machine that does nothing else; a busy one gets three
    /// times as long.
    func wait(_ seconds: Double = 20, _ what: String, _ condition: () async throws -> Bool) async throws {
        try await program.wait(seconds * 3, what, condition)
    }

    /// What the log says of one account, source or the server: `account:alice`.
    func log(of part: String) -> [String] {
        program.log.split(separator: "\n").map(String.init).filter {
            $0.contains(" part=\(part) ") || $0.hasSuffix(" part=\(part)")
        }
    }

    /// Waits until a line of that part holds the text, and returns it.
    @discardableResult
    func waitForLog(of part: String, _ text: String) async throws -> String {
        try await wait(20, "\(part) to say: \(text)") { log(of: part).contains { $0.contains(text) } }
        return log(of: part).first { $0.contains(text) } ?? ""
    }

    /// The line of `sentmark status` about an account, and those that belong to it.
    func status(of account: String) throws -> String {
        let lines = try program.command("status").split(separator: "\n")
        let own = lines.drop { !$0.hasPrefix("\(account): ") }
        return (own.prefix(1) + own.dropFirst().prefix { $0.hasPrefix("  ") }).joined(separator: "\n")
    }

    /// A message as `status --json` tells of it.
    struct StatusMessage: Decodable {
        let messageID: String?
        /// `nil`: no folder has a copy.
        let keywords: [String]?

        enum CodingKeys: String, CodingKey {
            case messageID = "message_id"
            case keywords
        }
    }

    /// `nil`: it is not known, or not tracked.
    func statusMessage(_ number: String) throws -> StatusMessage? {
        struct Status: Decodable { let messages: [StatusMessage] }
        let status = try JSONDecoder().decode(Status.self, from: Data(program.command("status", "--json").utf8))
        return status.messages.first { $0.messageID == "\(number)@example.net" }
    }

    /// Until `status` has the message, and no copy of it.
    func waitUntilGone(_ number: String) async throws {
        try await wait(20, "status to miss \(number)") {
            guard let message = try statusMessage(number) else { return false }
            return message.keywords == nil
        }
    }

    /// Asks the program to end, and waits until it has.
    func stop() async throws {
        program.signal(SIGTERM)
        try await wait(10, "a clean stop") { !program.isRunning }
        guard program.status == 0 else {
            throw Program.Failure(description: "ended with \(program.status ?? -1); log:\n\(program.log.suffix(4000))")
        }
    }

    /// Until the pixel server answers its first request, or its program is gone.
    func waitForServer(_ server: Program? = nil) async throws {
        let server = server ?? program
        try await wait(20, "the pixel server") {
            if !server.isRunning { return true }
            return try await server.load(server.url + "/health", from: Self.home, agent: "test") == 200
        }
    }
}

extension World {
    /// Puts a message of any size into Sent, while Dovecot is away.
    func deliver(
        _ name: String, _ pixel: String, header: String = "X-Mailer: none", padding: String = "", times: Int = 0
    ) throws {
        let folder = server.maildir() + "/cur"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let path = "\(folder)/\(Int(Date().timeIntervalSince1970)).\(name).mail:2,S"
        let head = """
            \(header)
            Message-ID: <\(name)@example.net>
            Subject: \(name)
            Content-Type: text/html; charset=utf-8

            <html><body><p>Hello</p>\(pixel)

            """
        guard FileManager.default.createFile(atPath: path, contents: Data(head.utf8)) else {
            throw Program.Failure(description: "cannot write \(path)")
        }
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        defer { try? file.close() }
        try file.seekToEnd()
        let block = Data(String(repeating: padding, count: 1000).utf8)
        for _ in 0..<times / 1000 { try file.write(contentsOf: block) }
    }
}

func found<Value>(_ value: Value?, _ what: String) throws -> Value {
    guard let value else { throw Program.Failure(description: "missing: \(what)") }
    return value
}
