import Foundation
import TestSupport
import Testing

/// Mails go all the way from the mail program to the keyword; then every octet that the pixel server has kept, and that has
/// passed between it and the world, is searched for all that it has no business to know.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct CanaryTests {
    private static let recipients = ["quentin.vandersloot@far.example", "ottilie.maybank@far.example"]
    private static let subject = "Zwetschgenkuchen Quarterly Forecast"
    private static let messageID = "canary.7f3e9b41c2@example.org"
    private static let text = "The kingfisher nests below the weir"

    private static let letter = Array(
        """
        From: Alice Featherstonehaugh <alice@example.org>
        To: Quentin van der Sloot <\(recipients[0])>, \(recipients[1])
        Subject: \(subject)
        Date: Thu, 26 Nov 2026 10:00:00 +0000
        Message-ID: <\(messageID)>
        MIME-Version: 1.0
        Content-Type: text/html; charset=utf-8

        <html><body><p>\(text)</p></body></html>

        """.replacing("\n", with: "\r\n").utf8)

    @Test func thePixelServerKnowsNothingOfMails() async throws {
        let (dovecot, sink) = (try await Dovecot.start(), try await Upstream.start(.sink))
        var account = World.Account("featherbox", on: dovecot, user: "alice")
        account.caFile = "both.pem"
        account.more = """
            addresses = ["alice@example.org"]
            smtp = "smtps://127.0.0.1:\(sink.tlsPort)"
            """
        let pixels = try Program()
        let world = try World(dovecot: dovecot, accounts: [account], server: pixels)
        let authorities = try [dovecot.caFile, sink.caFile].map { try String(contentsOfFile: $0, encoding: .utf8) }
        try world.program.write("both.pem", authorities.joined())
        let port = try Program.freePort()
        try world.add(
            "[submission]\nlisten = \"127.0.0.1:\(port)\"\nrecipients = [\"*@far.example\"]\ntokens = \"each\"")

        // What goes to and from the server goes through our hands.
        let canary = try Canary()
        let inner = try Program.freePort()
        let configuration = try String(contentsOf: pixels.home.appending(path: "config.toml"), encoding: .utf8)
        try pixels.write(
            "config.toml",
            configuration.replacing("listen = \"127.0.0.1:\(pixels.port)\"", with: "listen = \"127.0.0.1:\(inner)\""))
        let wire = FileManager.default.temporaryDirectory.appending(path: "wire-\(UUID())")
        defer { try? FileManager.default.removeItem(at: wire) }
        try await canary.tap(port: pixels.port, target: inner, into: wire)
        try pixels.start("serve")
        try await world.waitForServer(pixels)
        try world.program.start()
        try await world.wait(20, "the proxy") { world.program.log.contains("part=submission") }

        var server = MailPrograms.Server(sink, port: port)
        server.password = try String(
            contentsOf: world.program.home.appending(path: "keys/submission"), encoding: .utf8
        ).trimmingCharacters(in: .whitespacesAndNewlines)
        try await MailPrograms().submit(
            by: .smtplib, to: server, .none, from: "alice@example.org", to: Self.recipients, Self.letter)
        let arrived = try await sink.deliveries(count: 2)
        let urls = try arrived.map { delivery in
            String(
                try #require(
                    String(decoding: delivery.message, as: UTF8.self).replacing("=\r\n", with: "").firstMatch(
                        of: /src=(?:3D)?"(http:[^"]*\.gif)"/)
                ).1)
        }
        let uid = try await dovecot.append(String(decoding: Self.letter, as: UTF8.self), of: "alice")
        try await world.expect(uid, ["tracked"])
        for url in urls { try await world.program.load(url, from: World.home, agent: World.thunderbird) }
        try await world.program.load(urls[0], from: World.filter, agent: World.scanner)
        // Each by one of the two.
        try await world.expect(uid, ["tracked", "opened", "opened-again"])
        // A webmail that tells more than it should. What it says itself is on the wire by its own doing, so not through us.
        let direct = urls[0].replacing(":\(pixels.port)/", with: ":\(inner)/")
        let webmail = "https://mail.far.example/\(Self.recipients[0])/\(Self.messageID)?subject="
        _ = try await world.program.load(
            direct, from: "198.51.100.77", agent: World.thunderbird,
            options: ["--referer", webmail + Self.subject, "--cookie", "user=\(Self.recipients[0])"])
        try await world.stop()
        pixels.signal(SIGTERM)
        try await world.wait(10, "a clean stop of the server") { !pixels.isRunning }

        let secrets =
            Self.recipients + [
                "vandersloot", "ottilie", "far.example", "alice", "featherstonehaugh",
                "featherbox", Self.subject, "Zwetschgenkuchen", Self.messageID, "canary.7f3e9b41c2", Self.text,
                "kingfisher",
                dovecot.password, server.password, "198.51.100.77", World.home, World.filter,
            ]
        // The addresses of readers are on the wire, as in any HTTP; they are not to be kept.
        let addresses: Set = ["198.51.100.77", World.home, World.filter]
        let kept = try await canary.search([pixels.home], for: secrets)
        #expect(kept.found == [], "\(kept.bytes) bytes were searched")
        let passed = try await canary.search([wire], for: secrets.filter { !addresses.contains($0) })
        #expect(passed.found == [], "\(passed.bytes) bytes were searched")

        // That the search finds what is there: tokens on the server's disk and on the wire, the rest where it belongs.
        let tokens = urls.compactMap { $0.firstMatch(of: /[a-z2-7]{40}/).map { String($0.0) } }
        for folder in [pixels.home, wire] {
            let found = try await canary.search([folder], for: tokens).found
            #expect(Set(found.map(\.word)) == Set(tokens))
        }
        let own = try await canary.search(
            [world.program.home], for: [Self.messageID, Self.recipients[0], Self.subject])
        #expect(Set(own.found.map(\.word)).count == 3)

        // And then it is erased: nothing of it is left.
        try pixels.command("stream", "erase", "test")
        #expect(try await canary.search([pixels.home.appending(path: "state")], for: tokens).found == [])
        await dovecot.stop()
        await sink.stop()
    }

    /// The search itself, on words in every coding.
    @Test func theSearchFindsWordsInEveryCoding() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "canary-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let word = "anna.k@far.example"
        let texts: [String: Data] = [
            "plain": Data("xx ANNA.K@Far.Example yy".utf8),
            "base64-0": Data(("<" + Data("\(word) and more".utf8).base64EncodedString()).utf8),
            "base64-1": Data(Data("x\(word)".utf8).base64EncodedString().utf8),
            "base64-2": Data(Data("xy\(word)z".utf8).base64EncodedString().utf8),
            "hexadecimal": Data(
                word.utf8.map { $0 < 16 ? "0\(String($0, radix: 16))" : String($0, radix: 16) }.joined().utf8),
            "percent": Data("?to=anna.k%40far.example".utf8),
            "utf-16": word.data(using: .utf16LittleEndian) ?? Data(),
        ]
        for (name, text) in texts { try text.write(to: folder.appending(path: name)) }
        try Data("nothing of anna k at far example".utf8).write(to: folder.appending(path: "innocent"))
        let found = try await Canary().search([folder], for: [word]).found
        #expect(Set(found.map { URL(filePath: $0.file).lastPathComponent }) == Set(texts.keys))
    }
}
