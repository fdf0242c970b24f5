import Foundation
import TestSupport
import Testing

/// The lists of networks, from an HTTPS server on loopback into what a running pixel server says of a hit.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct RangesTests {
    private static let google =
        #"{"creationTime":"2026-11-23T15:46:08.000000","prefixes":["#
        + (0..<40).map { #"{"ipv4Prefix":"74.125.\#($0).0/27"}"# }.joined(separator: ",") + "]}"

    /// A geofeed of Linode's, so many /24 from 45.`second`.0.0 on.
    private static func feed(_ count: Int, _ second: Int) -> String {
        (0..<count).map { "45.\(second).\($0).0/24,US,US-TX,Richardson,\n" }.joined()
    }

    private static func answer(_ path: String, _ body: String, status: String = "200 OK") -> [ScriptStep] {
        [
            .expect("^GET \(path) "), .headers,
            .send("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"),
        ]
    }

    private static func configuration(_ program: Program, _ lists: ScriptedServer, _ more: String = "") throws -> String
    {
        let off =
            ["google-crawlers", "apple-relay", "microsoft-365", "zscaler", "google-user-fetchers"]
            + ["google-cloud", "azure", "aws", "oracle", "digitalocean"]
        let authority = try #require(lists.caFile)
        return """
            [server]
            listen = "127.0.0.1:\(program.port)"
            public_url = "\(program.url)"
            trusted_proxies = ["127.0.0.1/32"]
            [ranges]
            ca_file = "\(authority)"
            google-proxy = "https://127.0.0.1:\(lists.port)/google"
            linode = "https://127.0.0.1:\(lists.port)/linode"
            \(off.map { "\($0) = false" }.joined(separator: "\n"))
            \(more)
            """
    }

    private struct Status: Decodable {
        struct List: Decodable {
            let name: String
            let state: String
            let prefixes: Int?
        }

        let lists: [List]

        func list(_ name: String) -> String {
            lists.first { $0.name == name }.map { "\($0.state) \($0.prefixes ?? 0)" } ?? ""
        }
    }

    private func status(_ program: Program) throws -> Status {
        try JSONDecoder().decode(Status.self, from: Data(try program.command("ranges", "status", "--json").utf8))
    }

    @Test func aListReachesARunningServer() async throws {
        let lists = try await ScriptedServer.start(
            .implicit,
            scripts: [
                Self.answer("/google", Self.google) + Self.answer("/linode", Self.feed(60, 33)) + [.end],
                // What a broken mirror sends, and one that has lost most.
                Self.answer("/google", "<html>busy</html>") + Self.answer("/linode", Self.feed(60, 33) + "10.0.0.0/8\n")
                    + [.end],
                Self.answer("/linode", "", status: "404 Not Found") + [.end],
                Self.answer("/linode", Self.feed(200, 56)) + [.end],
                Self.answer("/linode", Self.feed(99, 56)) + [.end],
            ])
        let program = try Program()
        try program.write("config.toml", Self.configuration(program, lists))
        try program.command("stream", "add", "me", "--output", program.home.appending(path: "keys/px").path)
        #expect(try status(program).list("google-proxy") == "built_in 7")
        #expect(try status(program).list("apple-relay") == "off 0")
        #expect(try program.command("ranges", "status").contains("No list has been fetched: 'sentmark ranges update'"))
        let before = try program.outcome(of: ["doctor"])
        #expect(before.output.contains("! networks: lists: none fetched"))

        #expect(try program.command("ranges", "update") == "google-proxy: 40 prefixes\nlinode: 60 prefixes\n")
        #expect(try status(program).list("linode") == "fetched 60")
        try program.start("serve")
        try await listening(program)
        #expect(try await netclass(of: "45.33.59.1", program) == "linode")
        #expect(try await netclass(of: "74.125.3.4", program) == "google-proxy")
        #expect(try await netclass(of: "66.249.93.10", program) == nil)
        #expect(try program.outcome(of: ["doctor"]).output.contains("✓ networks: lists: 2 lists, "))

        let broken = try program.outcome(of: ["ranges", "update"])
        #expect(broken.status == 65)
        #expect(broken.output.isEmpty)
        #expect(
            broken.errors.contains(
                "google-proxy: https://127.0.0.1:\(lists.port)/google: not believed: it is not JSON; "))
        #expect(broken.errors.contains("10.0.0.0/8 overlaps 10.0.0.0/8, which is nobody's; the one of 20"))
        let gone = try program.outcome(of: ["ranges", "update", "linode"])
        #expect(gone.status == 69 && gone.errors.contains("/linode: answers 404; the one of 20"))
        #expect(try status(program).list("linode") == "fetched 60")
        #expect(try await netclass(of: "45.33.59.1", program) == "linode")

        try program.command("ranges", "update", "linode")
        // Without a restart.
        try await program.wait(30, "the new list in the running server") {
            try await netclass(of: "45.56.199.1", program) == "linode"
        }
        #expect(try await netclass(of: "45.33.59.1", program) == nil)
        let shrunk = try program.outcome(of: ["ranges", "update", "linode"])
        #expect(shrunk.status == 65)
        #expect(shrunk.errors.contains("it has 99 prefixes, less than half of the 200 that it had; the one of 20"))
        #expect(
            shrunk.errors.contains("if that is right, remove \(program.home.path)/state/sentmark/ranges/linode.list"))

        // A disk that turned a bit.
        let file = program.home.appending(path: "state/sentmark/ranges/google-proxy.list")
        var bytes = try Data(contentsOf: file)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: file)
        #expect(try program.command("ranges", "status").contains("google-proxy.list: it is damaged; fetch it again"))
        try await program.wait(30, "what is built in") {
            try await netclass(of: "66.249.93.10", program) == "google-proxy"
        }
        program.signal(SIGTERM)
        try await program.wait(10, "a clean stop") { !program.isRunning }
        #expect(program.status == 0)
    }

    @Test func withAutoAServerFetchesByItself() async throws {
        let lists = try await ScriptedServer.start(
            .implicit, Self.answer("/google", Self.google) + Self.answer("/linode", Self.feed(60, 33)) + [.end])
        let program = try Program()
        try program.write("config.toml", Self.configuration(program, lists, "auto = true"))
        try program.command("stream", "add", "me", "--output", program.home.appending(path: "keys/px").path)
        try program.start("serve")
        try await listening(program)
        try await program.wait(30, "the list") { try await netclass(of: "45.33.59.1", program) == "linode" }
        #expect(try status(program).list("google-proxy") == "fetched 40")
    }

    private func listening(_ program: Program) async throws {
        try await program.wait(20, "the server") { program.log.contains("listening") }
    }

    /// What the hit log says of a pixel that is loaded from there.
    private func netclass(of address: String, _ program: Program) async throws -> String? {
        let url = try program.command(
            "token", "new", "--url", "--credential-file", program.home.appending(path: "keys/px").path, "--base",
            program.url
        ).trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try await program.load(url, from: address, agent: "Thunderbird/140") == 200)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c",
            "import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute("
                + "'SELECT coalesce(netclass, \"\") FROM hits ORDER BY seq DESC').fetchone()[0])",
            program.home.appending(path: "state/sentmark/hits.db").path,
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let name = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return name.isEmpty ? nil : name
    }
}
