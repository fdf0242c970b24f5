import Foundation
import TestSupport
import Testing

/// Accounts from a list, all of them opened by one administrator (a master user of Dovecot).
@Suite(.serialized, .timeLimit(.minutes(2)))
struct ManyAccountsTests {
    @Test func oneCredentialServesAListOfMailboxes() async throws {
        let users = ["alice", "bob", "carol"]
        let dovecot = try await Dovecot.start(users: users)
        let world = try World(dovecot: dovecot, accounts: [])
        try world.add(
            """
            [[account]]
            each = "people.csv"
            imap = "imaps://127.0.0.1:\(dovecot.imapsPort)"
            user = "postmaster"
            authorization = "{user}"
            password_file = "keys/administrator"
            ca_file = "\(dovecot.caFile)"
            """)
        try world.program.write("keys/administrator", dovecot.password)
        try world.program.write("people.csv", "user\nalice\nbob\n")
        var uids: [UInt32] = []
        for user in users { uids.append(try await world.send(user, try world.newPixel(), as: user)) }
        try world.program.start()
        try await world.expect(uids[0], ["tracked"])
        try await world.expect(uids[1], of: "bob", ["tracked"])
        #expect(try await world.keywords(uids[2], of: "carol") == [])

        // A list that cannot be used changes nothing; the next one does.
        try world.program.write("people.csv", "user\nalice\nbob\ncarol,\n")
        world.program.signal(SIGHUP)
        let words = "people.csv:4:1: has 2 fields; expected 1: user"
        try await world.wait(20, "the mistake to be told") { world.program.log.contains(words) }
        try world.program.write("people.csv", "user\nalice\nbob\ncarol\n")
        world.program.signal(SIGHUP)
        try await world.expect(uids[2], of: "carol", ["tracked"])
        #expect(try world.status(of: "carol").hasPrefix("carol: 1 tracked message"))
        await dovecot.stop()
    }
}
