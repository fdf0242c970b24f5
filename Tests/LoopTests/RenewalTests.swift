import Foundation
import TestSupport
import Testing

/// What becomes of a connection when the token that opened it nears its end.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct TokenRenewalTests {
    /// A mailbox that is opened with a token of 12 seconds, and then with what the command prints when it is asked for
    /// another one.
    private func world(_ dovecot: Dovecot, then second: String) async throws -> World {
        let world = try World(dovecot: dovecot, accounts: [])
        try world.program.write("first", try await dovecot.accessToken(lifetime: 12))
        try world.program.write("second", second)
        let home = world.program.home.path
        try world.program.write(
            "token.sh", "if [ \"$SENTMARK_FORCE_REFRESH\" = 1 ]; then cat \(home)/second; else cat \(home)/first; fi\n")
        try world.add(
            """
            [[account]]
            name = "alice"
            imap = "imap://127.0.0.1:\(dovecot.relayPort)"
            cleartext = true
            user = "alice"
            token_command = ["/bin/sh", "\(home)/token.sh"]
            since = "all"
            # A look at INBOX selects Sent once more.
            replies = false
            """)
        return world
    }

    @Test func anotherConnectionTakesOverBeforeTheTokenEnds() async throws {
        let dovecot = try await Dovecot.start()
        // As a token endpoint answers.
        let token = try await dovecot.accessToken(lifetime: 3600)
        let world = try await world(dovecot, then: #"{"access_token": "\#(token)", "expires_in": 3600}"#)
        let first = try await world.send("first", try world.newPixel())
        try world.program.start()
        try await world.expect(first, ["tracked"])
        try await world.waitForLog(of: "account:alice", "another connection takes over")
        let second = try await world.send("second", try world.newPixel())
        try await world.expect(second, ["tracked"])
        try await world.stop()

        let sessions = try await dovecot.sessions().map(\.commands)
        try #require(sessions.count == 2)
        // The old one goes when the new one has selected the folder, and from where the old one was.
        let selected = try #require(sessions[1].first { $0.line.hasPrefix("SELECT") })
        let left = try #require(sessions[0].last)
        #expect(selected.line.contains("QRESYNC"))
        #expect(left.line == "LOGOUT")
        #expect(selected.number < left.number)
        let before = sessions[1].prefix { $0.number < left.number }.drop { $0.number <= selected.number }
        #expect(before.map(\.line).filter { $0.hasPrefix("UID") } == [], "nothing is read anew")
        #expect(!world.log(of: "account:alice").contains { $0.contains("session ended") })
        await dovecot.stop()
    }

    @Test func theConnectionIsKeptIfTheNewTokenIsRefused() async throws {
        let dovecot = try await Dovecot.start()
        let world = try await world(dovecot, then: "refused")
        try world.program.start()
        let line = try await world.waitForLog(of: "account:alice", "token not renewed")
        #expect(line.contains("again_in=\"not any more\""))
        let uid = try await world.send("late", try world.newPixel())
        try await world.expect(uid, ["tracked"])
        try await world.stop()
        #expect(try await dovecot.refusedLogins() == 1)
        let selections = try await dovecot.sessions().flatMap(\.commands).filter { $0.line.hasPrefix("SELECT") }
        #expect(selections.count == 1)
        #expect(!world.log(of: "account:alice").contains { $0.contains("session ended") })
        await dovecot.stop()
    }
}
