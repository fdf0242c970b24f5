import Foundation
import TestSupport
import Testing

/// What a session asks, as a relay between agent and server sees it (docs/imap.md, "What a session asks").
@Suite(.serialized, .timeLimit(.minutes(2)))
struct AskedTests {
    @Test(arguments: TestedServer.allCases)
    func aRestartAsksForChangesAlone(on tested: TestedServer) async throws {
        let server = try await tested.start()
        let world = try World(on: server, accounts: [tested.relayedAccount(on: server)])
        let pixels = try (0..<2).map { _ in try world.newPixel() }
        for (number, pixel) in zip(["one", "two"], pixels) { try await world.send(number, pixel) }
        try await world.send("plain")
        try world.program.start()
        try await world.expect(2, ["tracked"])
        try await world.wait(20, "what was written to be recorded") {
            try ["one", "two"].allSatisfy { try world.statusMessage($0)?.keywords?.contains("tracked") == true }
        }
        try await world.stop()
        // The second session is told of what its predecessor stored, the third of nothing.
        for session in 1...2 {
            if session == 2 { try await world.stop() }
            try world.program.start()
            try await world.wait(20, "session \(session) to be quiet") {
                guard let commands = try await server.sessions().dropFirst(session).first?.commands else {
                    return false
                }
                // At rest, and what it was told is stored. Without IDLE, what is asked is the same each time.
                return tested.serverClass == "plain"
                    ? asked(commands).count == tested.asked.count : commands.contains { $0.line == "IDLE" }
            }
        }

        // Then an open costs a STORE and a look at what stuck.
        try await world.waitForServer()
        try await world.program.load(pixels[0].url, from: World.home, agent: World.thunderbird)
        try await world.expect(1, ["tracked", "opened"])
        try await world.stop()

        let commands = try await server.sessions()[2].commands
        let quiet = asked(commands)
        let lines = quiet.map { command in
            command.line.replacing(/QRESYNC \(\d+ \d+\)/, with: "QRESYNC (…)")
                .replacing(/HEADER\.FIELDS \([^)]*\)/, with: "HEADER.FIELDS (…)")
        }
        #expect(lines == tested.asked + ["UID STORE 1 +FLAGS.SILENT (opened)", "UID FETCH 1 (UID FLAGS)"])
        let verbs = commands.map { String($0.line.prefix { $0 != " " }) }.prefix { $0 != "SELECT" }
        #expect(
            Array(verbs.drop { $0 != "AUTHENTICATE" }.dropFirst()) == tested.firstWords,
            "who the server is, was asked before")
        // Octets of an answer that says: nothing has changed.
        let limit = tested.serverClass == "qresync" ? 400 : 700
        #expect(try #require(quiet.first).received <= limit)
        await server.stop()
    }

    /// From SELECT on, without the waiting, and without the question whether an answer has come that explains a hit.
    private func asked(_ commands: [PrivateServer.Session.Command]) -> [PrivateServer.Session.Command] {
        commands.drop { !$0.line.hasPrefix("SELECT") }.filter { command in
            !["IDLE", "NOOP", "NOTIFY", "STATUS \"INBOX\""].contains { command.line.hasPrefix($0) }
        }
    }
}

extension TestedServer {
    /// Between login and SELECT.
    fileprivate var firstWords: [String] {
        switch self {
        case .dovecot, .cyrus, .condstore: ["ENABLE"]
        case .plain: ["NOOP"]
        // The answer to the login lists no capabilities.
        case .courier: ["CAPABILITY"]
        }
    }

    /// What a session asks after the login when nothing has happened since: messages 1 and 2 are known copies, 3 is none.
    fileprivate var asked: [String] {
        let flags = "UID FETCH 1:2 (UID FLAGS)"
        return switch self {
        case .dovecot, .cyrus: ["SELECT \"Sent\" (QRESYNC (…))"]
        case .condstore: ["SELECT \"Sent\" (CONDSTORE)"]
        case .plain: ["SELECT \"Sent\"", flags]
        // SELECT does not tell UIDNEXT.
        case .courier:
            [
                "SELECT \"INBOX.Sent\"", flags,
                "UID FETCH 4:* (UID FLAGS INTERNALDATE BODY.PEEK[HEADER.FIELDS (…)])",
            ]
        }
    }
}
