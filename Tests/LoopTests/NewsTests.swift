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
}
