import Foundation
import TestSupport

/// A mailbox with an outbox, a provider to send through, and the program between them.
struct OutboxWorld {
    static let folders = [
        "Drafts", "Tracked Outbox", "Tracked Outbox/Sending", "Tracked Outbox/Refused", "Tracked Outbox/Not sure",
        "Sent",
    ]

    let world: World
    let sink: Upstream
    private var server: PrivateServer { world.server }

    /// - Parameter server: of which alice's mailbox is used.
    init(on server: PrivateServer, _ sink: Upstream) throws {
        self.sink = sink
        var account = World.Account(on: server)
        account.caFile = nil
        account.more = """
            ca_file = "ca.pem"
            addresses = ["alice@example.org"]
            smtp = "smtps://127.0.0.1:\(sink.tlsPort)"
            outbox = "Tracked Outbox"
            poll_interval = "10s"

            [submission]
            listen = "127.0.0.1:\(try Program.freePort())"
            track = "always"
            """
        world = try World(on: server, accounts: [account])
        let authorities = try [server.caFile, sink.caFile].map { try String(contentsOfFile: $0, encoding: .utf8) }
        try world.program.write("ca.pem", authorities.joined(separator: "\n"))
    }

    static func draft(_ number: String, to recipients: String = "ann@far.example", bcc: String = "ben@far.example")
        -> String
    {
        """
        X-Mozilla-Draft-Info: internal/draft
        X-Sentmark: yes
        Message-ID: <\(number)@example.org>
        From: Alice <alice@example.org>
        To: \(recipients)
        Bcc: \(bcc)
        Subject: \(number)
        Date: \(DateField.now)
        MIME-Version: 1.0
        Content-Type: text/html; charset=utf-8

        <html><body><p>Hello \(number)</p></body></html>

        """
    }

    /// Makes the folder as a user does, before the program first runs.
    func makeFolders() async throws {
        for folder in ["Drafts", "Tracked Outbox"] { try await server.create(folder) }
    }

    /// As on a phone: written into Drafts, then moved.
    func move(_ draft: String) async throws {
        let uid = try await server.append(draft, to: "Drafts")
        try await server.move(uid, to: "Tracked Outbox", from: "Drafts")
    }

    /// As a program does that saves its draft right there.
    func save(_ draft: String) async throws { try await server.append(draft, to: "Tracked Outbox") }

    func texts(_ folder: String) async throws -> [String] {
        try await server.texts(in: folder).sorted { $0.key < $1.key }.map(\.value)
    }

    /// The folders that hold a message with this number, each as often as it does.
    func places(of number: String) async throws -> [String] {
        var found: [String] = []
        for folder in Self.folders {
            let count = try await texts(folder).count { $0.contains("Message-ID: <\(number)@example.org>") }
            found += Array(repeating: folder, count: count)
        }
        return found
    }

    func waitFor(_ places: [String], of number: String, within seconds: Double = 30) async throws {
        do {
            try await world.wait(seconds, "\(number) to be in \(places)") {
                try await self.places(of: number) == places
            }
        } catch let failure as Program.Failure {
            throw Program.Failure(description: "\(failure)\nit is in \(try await self.places(of: number))")
        }
    }

    /// The mails in the inbox that tell of drafts, their text decoded.
    func notices() async throws -> [String] {
        try await texts("INBOX").filter { $0.contains("Auto-Submitted: auto-generated") }.map { text in
            let parts = text.split(separator: "\r\n\r\n", maxSplits: 1)
            let body = String(parts.last ?? "").replacing("\r\n", with: "")
            return String(decoding: Data(base64Encoded: body) ?? Data(), as: UTF8.self)
        }
    }

    /// How often the provider accepted it.
    func deliveries(of number: String) async throws -> [Upstream.Delivery] {
        try await sink.deliveries().filter { $0.text.contains("Message-ID: <\(number)@example.org>") }
    }
}

extension Upstream.Delivery {
    var text: String { String(decoding: message, as: UTF8.self) }
}

private enum DateField {
    static var now: String {
        Date().formatted(
            Date.VerbatimFormatStyle(
                format:
                    "\(day: .twoDigits) \(month: .abbreviated) \(year: .defaultDigits) \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits) +0000",
                locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt, calendar: Calendar(identifier: .gregorian)))
    }
}
