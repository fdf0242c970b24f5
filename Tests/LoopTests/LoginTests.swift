import Foundation
import TestSupport
import Testing

/// Commands that print a secret, and what becomes of an account when they fail.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct LoginTests {
    /// Adds an account whose secret comes from a shell script.
    private func add(_ name: String, _ key: String, _ script: String, to world: World) throws {
        try world.program.write("\(name).sh", script)
        try world.add(
            """
            [[account]]
            name = "\(name)"
            imap = "imaps://127.0.0.1:\(world.server.imapsPort)"
            user = "\(name)"
            \(key) = ["/bin/sh", "\(world.program.home.path)/\(name).sh"]
            ca_file = "\(world.server.caFile)"
            """)
    }

    @Test func aRefusedSecretIsAskedForOnceMore() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot, accounts: [])
        let script = "test \"$SENTMARK_FORCE_REFRESH\" = 1 && echo \(dovecot.password) || echo expired\n"
        try add("alice", "password_command", script, to: world)
        let uid = try await world.send("late", try world.newPixel())
        try world.program.start()
        try await world.expect(uid, ["tracked"])
        #expect(try await dovecot.refusedLogins(of: "alice") == 1)
        await dovecot.stop()
    }

    /// The same secret again would be a second wrong login for nothing.
    @Test func theSameSecretIsNotTriedTwice() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot, accounts: [])
        try add("alice", "password_command", "echo wrong\n", to: world)
        try world.program.start()
        try await world.waitForLog(of: "account:alice", "session ended")
        #expect(try await dovecot.refusedLogins(of: "alice") == 1)
        #expect(try world.status(of: "alice").contains("NEEDS YOU: "))
        await dovecot.stop()
    }

    @Test func aTokenCommandThatFailsTellsItsUserWhy() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot, accounts: [])
        try add("alice", "token_command", "echo 'refresh token expired: run oama authorize' >&2; exit 1\n", to: world)
        try world.program.start()
        let line = try await world.waitForLog(of: "account:alice", "session ended")
        #expect(line.contains("refresh token expired: run oama authorize"))
        #expect(
            try world.status(of: "alice").contains("NEEDS YOU: /bin/sh: ended with status 1: refresh token expired"))
        await dovecot.stop()
    }

    /// A server that drops its clients is not logged in to over and over.
    @Test func theThirdLoginWaits() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot, accounts: [World.Account(on: dovecot)])
        let first = try await world.send("first", try world.newPixel())
        try world.program.start()
        try await world.expect(first, ["tracked"])
        try await dovecot.dropConnections()
        let second = try await world.send("second", try world.newPixel())
        try await world.expect(second, ["tracked"])
        try await dovecot.dropConnections()
        let line = try await world.waitForLog(of: "account:alice", "logged in twice within two minutes")
        #expect(line.contains("waiting"))
        #expect(try world.status(of: "alice").contains("logged in twice within two minutes"))
        await dovecot.stop()
    }
}
