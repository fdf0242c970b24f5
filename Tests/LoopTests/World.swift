import Foundation
import TestSupport

/// A mailbox on a real Dovecot, the program beside it, and recipients who load pixels.
struct World {
    enum Connection: String, Sendable, CaseIterable { case tls, starttls }

    static let thunderbird = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0"
    static let scanner = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/97.0.4692.71"
    /// RFC 5737 documentation networks for readers; the others are a mail filter's and Apple's relay's published ones.
    static let home = "192.0.2.10"
    static let filter = "40.107.218.12"
    static let relay = "172.225.0.9"

    let dovecot: Dovecot
    let program: Program
    private let template: String

    init(_ connection: Connection = .tls, dovecot: Dovecot, since: String = "all") throws {
        self.dovecot = dovecot
        program = try Program()
        let fixture = try found(Bundle.module.url(forResource: "Fixtures/message", withExtension: "eml"))
        template = try String(contentsOf: fixture, encoding: .utf8)
        let imap =
            switch connection {
            case .tls: "imaps://127.0.0.1:\(dovecot.imapsPort)"
            case .starttls: "imap://127.0.0.1:\(dovecot.imapPort)"
            }
        try program.write("keys/password", dovecot.password)
        try program.write(
            "config.toml",
            """
            [[account]]
            name = "alice"
            imap = "\(imap)"
            user = "alice"
            password_file = "keys/password"
            ca_file = "\(dovecot.caFile)"
            since = "\(since)"

            [[source]]
            kind = "sentmark"
            url = "\(program.url)"
            credential_file = "keys/px"

            [server]
            listen = "127.0.0.1:\(program.port)"
            public_url = "\(program.url)"
            trusted_proxies = ["127.0.0.1/32"]
            """)
        try program.command("stream", "add", "test", "--output", program.home.appending(path: "keys/px").path)
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
    func send(_ number: String, _ pixel: Pixel? = nil) async throws -> UInt32 {
        let date = Date().formatted(
            Date.VerbatimFormatStyle(
                format:
                    "\(day: .twoDigits) \(month: .abbreviated) \(year: .defaultDigits) \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits) +0000",
                locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt, calendar: Calendar(identifier: .gregorian)))
        let text = template.replacing("NUMBER", with: number).replacing("DATE", with: date)
            .replacing("PIXEL", with: pixel?.html ?? "")
        return try await dovecot.append(text)
    }

    func keywords(_ uid: UInt32) async throws -> Set<String> {
        Set(try await dovecot.fetchFlags(uid)?.filter { !$0.hasPrefix("\\") } ?? [])
    }

    /// Waits until the message has exactly these keywords, as another mail program sees it.
    func expect(_ uid: UInt32, _ keywords: Set<String>, within seconds: Double = 20) async throws {
        do {
            try await wait(seconds, "UID \(uid) to have \(keywords.sorted())") {
                try await self.keywords(uid) == keywords
            }
        } catch let failure as Program.Failure {
            let seen = try await self.keywords(uid).sorted()
            let status = (try? program.command("status")) ?? ""
            throw Program.Failure(description: "\(failure)\nit has \(seen)\n\(status)")
        }
    }

    func wait(_ seconds: Double = 20, _ what: String, _ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while try await !condition() {
            guard ContinuousClock.now < deadline else {
                throw Program.Failure(description: "waited \(seconds) s for \(what); log:\n\(program.log.suffix(4000))")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Until the program answers its first request, or is gone.
    func waitForServer() async throws {
        try await wait(20, "the pixel server") {
            if !program.isRunning { return true }
            return try await program.load(program.url + "/health", from: Self.home, agent: "test") == 200
        }
    }
}

private func found(_ url: URL?) throws -> URL {
    guard let url else { throw Program.Failure(description: "fixture missing") }
    return url
}
