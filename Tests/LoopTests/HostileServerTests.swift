import Foundation
import TestSupport
import Testing

/// What strangers can put into a mailbox, and what a broken or hostile server can send.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct HostileServerTests {
    /// The parser keeps 8 MB of a response and the connection 1 MB of what is not worked on yet: far from the messages.
    static let memoryLimit = 150 << 10

    @Test func hugeMessagesCostNoMemory() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot)
        let pixels = try (0..<4).map { _ in try world.newPixel() }
        let first = try await world.send("first", pixels[0])
        // Written where Dovecot finds them: APPEND of such a message would take most of the time.
        try await dovecot.suspend()
        let paragraph = "<p>" + String(repeating: "Lorem ipsum ", count: 85) + "</p>\r\n"
        try world.deliver("large", pixels[1].html, padding: paragraph, times: (100 << 20) / paragraph.utf8.count)
        try world.deliver("wide", pixels[2].html, header: "X-Junk: " + String(repeating: "z", count: 1 << 20))
        try world.deliver("long", pixels[3].html, header: "Cc: " + String(repeating: "y", count: 1 << 20))
        try await dovecot.resume()

        try world.program.start()
        try await world.expect(first, ["tracked"])
        try await world.wait(30, "all four to be tracked") {
            try await dovecot.messages().filter { $0.keywords == ["tracked"] }.count == 4
        }
        // A header that is too long to be kept leaves its message tracked, without what it says.
        #expect(try world.status(of: "alice").hasPrefix("alice: 4 tracked messages; "))
        for name in ["large", "wide"] { try world.program.command("why", "\(name)@example.net") }
        try world.program.command("why", pixels[3].token)
        let peak = try world.program.peakMemory()
        print("peak memory with a message of 100 MB: \(peak) KB")
        #expect(peak < Self.memoryLimit)
        await dovecot.stop()
    }

    @Test func aServerThatSendsTooMuchEndsItsOwnSessionAlone() async throws {
        let dovecot = try await Dovecot.start()
        let sends: [(name: String, step: ScriptStep, words: String)] = [
            (
                "announces", .send("* 1 FETCH (UID 1 BODY[] {4294967297}\r\n"),
                "announced more than 4096 MB as one piece"
            ),
            ("literal", .send("* 1 FETCH (UID 1 BODY[] {4294967296}\r\n"), "sends without end and does not answer"),
            ("line", .flood("* OK still here "), "sent a line of more than 4 MB"),
            (
                "chatter", .flood(fetch(9, "BODY[]", String(repeating: "y", count: 900_000))),
                "sends without end and does not answer"
            ),
        ]
        var accounts = [World.Account(on: dovecot)]
        var servers: [ScriptedServer] = []
        for (name, step, _) in sends {
            let server = try await ScriptedServer.start(.untilFetch + [step, .flood("x")])
            servers.append(server)
            accounts.append(World.Account(name, on: server))
        }
        let world = try World(dovecot: dovecot, accounts: accounts)
        try world.program.start()
        for (name, _, words) in sends {
            try await world.waitForLog(of: "account:\(name)", "reason=\"the server \(words)\"")
        }
        let uid = try await world.send("good", try world.newPixel())
        try await world.expect(uid, ["tracked"])
        let peak = try world.program.peakMemory()
        print("peak memory with four servers that send without end: \(peak) KB")
        #expect(peak < Self.memoryLimit)
        for server in servers { #expect(try await server.failure() == nil) }
        world.program.signal(SIGTERM)
        try await world.wait(3, "a clean stop") { !world.program.isRunning }
        await dovecot.stop()
    }

    @Test func anAnswerThatCannotBeReadSetsItsMessageAsideAndNoOther() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot, accounts: [World.Account(on: dovecot)])
        let pixels = try [1, 3].map { ($0, try world.newPixel()) }
        let type = "Content-Type: text/html\r\n\r\n"
        let types = [1, 2, 3].map { fetch($0, "BODY[HEADER.FIELDS (CONTENT-TYPE)]", type) }
        func each(_ response: (Int, World.Pixel) -> String) -> String {
            pixels.map { response($0.0, $0.1) }.joined() + "{tag} OK\r\n"
        }
        let server = try await ScriptedServer.start(
            .server([
                "CAPABILITY$|NOOP$|LOGOUT$|STORE": "{tag} OK\r\n",
                "LIST": "* LIST (\\Sent) \"/\" Sent\r\n{tag} OK\r\n",
                "SELECT": "* 3 EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT 4]\r\n{tag} OK\r\n",
                "UID SEARCH": "* SEARCH 1 2 3\r\n{tag} OK\r\n",
                // Whenever the second is asked for, its response is no FETCH at all.
                "UID FETCH (1:3|1:2|2:3|2) .*CONTENT-TYPE": types[0] + "* 2 FETCH UID 2 oops\r\n" + types[2]
                    + "{tag} OK\r\n",
                // Lines of no concern, and one with all that was asked for before its garbage.
                "CONTENT-TYPE": types[0].replacing(")\r\n", with: " ODD (((\r\n") + "* FLAGS (oops\r\n" + types[2]
                    + "{tag} OK\r\n",
                "BODYSTRUCTURE": each { uid, pixel in
                    "* \(uid) FETCH (UID \(uid) BODYSTRUCTURE (\"text\" \"html\" NIL NIL NIL \"7bit\" \(pixel.html.utf8.count) 1))\r\n"
                },
                "BODY.PEEK\\[1\\]": each { uid, pixel in fetch(uid, "BODY[1]<0>", pixel.html) },
                "MESSAGE-ID": each { uid, _ in
                    fetch(uid, "FLAGS () BODY[HEADER.FIELDS (SUBJECT)]", "Subject: number \(uid)\r\n\r\n")
                },
                "UID FETCH": each { uid, _ in "* \(uid) FETCH (UID \(uid) FLAGS (tracked))\r\n" },
            ]))
        try world.add(World.Account("garbled", on: server))
        try world.program.start()
        try await world.waitForServer()
        try await world.wait(20, "one message to be set aside and two to be tracked") {
            try world.status(of: "garbled").hasPrefix("garbled: 2 tracked messages; up to date")
        }
        #expect(
            try world.status(of: "garbled").contains(
                "1 message is set aside: what the server sends of it cannot be read"))
        #expect(world.log(of: "account:garbled").contains { $0.contains("answer not read") && $0.contains("oops") })
        let table = try world.program.command("status")
        #expect(table.contains("number 1") && table.contains("number 3"))
        // All in one session.
        #expect(try await server.connectionCount() == 1)
        #expect(try await server.failure() == nil)
        await dovecot.stop()
    }
}

extension Program {
    /// KB of resident memory at most so far.
    fileprivate func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(processID ?? 0)/status", encoding: .utf8)
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let peak = Int(line.filter(\.isNumber))
        else { throw Failure(description: "no VmHWM in /proc/PID/status") }
        return peak
    }
}
