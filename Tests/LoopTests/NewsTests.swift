import TestSupport
import Testing

/// How the agent learns of what arrives.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct NewsTests {
    /// Dovecot 2.3.19, seen live: what is appended between a command and IDLE is told of when IDLE ends. An IDLE that
    /// begins after something was done is therefore not relied on for long.
    @Test func whatIdleDoesNotTellIsFound() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot)
        let type = "Content-Type: text/plain\r\n\r\n"
        let server = try await ScriptedServer.start(
            .login + [
                .expect("CAPABILITY$"), .send("* CAPABILITY IMAP4rev1 IDLE\r\n{tag} OK listed\r\n"),
                .expect("LIST"), .send("* LIST (\\Sent) \"/\" Sent\r\n{tag} OK listed\r\n"),
                .expect("SELECT"),
                .send("* 0 EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT 1]\r\n{tag} OK selected\r\n"),
                .expect("UID SEARCH"), .send("* SEARCH\r\n{tag} OK found\r\n"),
                .expect("IDLE$"), .send("+ idling\r\n"), .read("DONE\r\n".utf8.count),
                .send("* 1 EXISTS\r\n{tag} OK done\r\n"),
                .expect("UID FETCH 1:\\*"), .send(fetch(1, "BODY[HEADER.FIELDS (CONTENT-TYPE)]", type)),
                .send("{tag} OK fetched\r\n"), .expect("IDLE$"),
            ])
        try world.add(World.Account("silent", on: server))
        try world.program.start()
        try await server.ended()
        #expect(try await server.failure() == nil)
        await dovecot.stop()
    }

    /// After NOTIFICATIONOVERFLOW a server tells nothing more (RFC 5465 5.8): another connection finds what was dropped, and
    /// does without NOTIFY.
    @Test func whatAServerDroppedIsFoundByAnotherConnection() async throws {
        let dovecot = try await Dovecot.start()
        let world = try World(dovecot: dovecot)
        let type = "Content-Type: text/plain\r\n\r\n"
        let listed: [ScriptStep] =
            .login + [.expect("CAPABILITY$"), .send("* CAPABILITY IMAP4rev1 IDLE NOTIFY\r\n{tag} OK listed\r\n")]
        let quiet: [ScriptStep] = [
            .expect("IDLE$"), .send("+ idling\r\n"), .read("DONE\r\n".utf8.count), .send("{tag} OK done\r\n"),
        ]
        let server = try await ScriptedServer.start(scripts: [
            listed + [
                .expect("LIST"), .send("* LIST (\\Sent) \"/\" Sent\r\n{tag} OK listed\r\n"),
                .expect("SELECT"),
                .send("* 0 EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT 1]\r\n{tag} OK selected\r\n"),
                .expect("UID SEARCH"), .send("* SEARCH\r\n{tag} OK found\r\n"),
            ] + quiet + [
                .expect("NOTIFY SET"), .send("{tag} OK told\r\n"),
                .expect("IDLE$"), .send("+ idling\r\n* OK [NOTIFICATIONOVERFLOW] too much\r\n"),
                .read("DONE\r\n".utf8.count), .send("{tag} OK done\r\n"),
                .expect("LOGOUT"), .send("* BYE\r\n{tag} OK\r\n"),
            ],
            listed + [
                .expect("SELECT"),
                .send("* 1 EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT 2]\r\n{tag} OK selected\r\n"),
                .expect("UID FETCH 1:\\*"), .send(fetch(1, "BODY[HEADER.FIELDS (CONTENT-TYPE)]", type)),
                .send("{tag} OK fetched\r\n"),
            ] + quiet + [.expect("IDLE$")],
        ])
        try world.add(World.Account("dropped", on: server))
        try world.program.start()
        try await server.ended(connection: 1)
        #expect(try await server.failure(connection: 1) == nil)
        #expect(try await server.failure() == nil)
        await dovecot.stop()
    }

    /// A real server that tells of new messages by itself (NOTIFY), and is not known as one that had better not be asked
    /// to: all that it tells, and what it leaves out, ends the same as where everything is asked for.
    @Test func newsAreToldByARealServer() async throws {
        let dovecot = try await Dovecot.start(nameless: true)
        let world = try World(dovecot: dovecot)
        let early = try await world.send("early", try world.newPixel())
        try world.program.start()
        try await world.expect(early, ["tracked"])
        try await world.waitForLog(of: "account:alice", "NOTIFY is on")
        var sent: [(uid: UInt32, isTracked: Bool)] = []
        for number in 0..<6 {
            let isTracked = number % 3 != 0
            sent.append((try await world.send("\(number)", isTracked ? try world.newPixel() : nil), isTracked))
        }
        for (uid, isTracked) in sent where isTracked { try await world.expect(uid, ["tracked"]) }
        for (uid, isTracked) in sent where !isTracked { #expect(try await world.keywords(uid).isEmpty) }
        try await dovecot.expunge(sent[1].uid)
        let last = try await world.send("last", try world.newPixel())
        try await world.expect(last, ["tracked"])
        #expect(!world.log(of: "account:alice").contains { $0.contains("session ended") })
        await dovecot.stop()
    }
}
