import IMAP
import Testing

@testable import Servers

struct MailServerTests {
    @Test(arguments: try ServerCase.all.get())
    func isKnownByWhatItShows(_ server: ServerCase) {
        let known = MailServer(server.identity)
        func listed(_ names: [String]) -> String { names.isEmpty ? "-" : names.joined(separator: ", ") }
        #expect(
            [listed(known.profiles.map(\.name)), known.serverClass.rawValue, listed(known.quirks.map(\.rawValue))]
                == server.expected)
    }

    @Test func everyProfileHasACase() throws {
        let seen = Set(try ServerCase.all.get().flatMap { MailServer($0.identity).profiles.map(\.name) })
        #expect(seen == Set(ServerProfile.all.map(\.name)))
    }

    @Test func everyQuirkIsSomebodys() {
        #expect(Set(ServerProfile.all.flatMap(\.quirks)) == Set(ServerQuirk.allCases))
    }

    /// All of it comes from a stranger.
    @Test func theIdentityIsBounded() {
        let fields = (0..<100).map { IDField("name\($0)", String(repeating: "x", count: 5000)) }
        var identity = ServerIdentity(
            host: "Mail.Example.ORG", greeting: Greeting(text: String(repeating: "y", count: 5000)),
            capabilities: Capabilities())
        identity.id = fields
        #expect(identity.id.count == 30)
        #expect(identity.id.allSatisfy { ($0.value?.utf8.count ?? 0) == 1024 })
        #expect(identity.greeting.text.utf8.count == Greeting.textLimit)
        #expect(identity.host == "mail.example.org")
    }

    @Test(arguments: [
        ("imap.gmail.com", true), ("x.imap.gmail.com", true), ("ximap.gmail.com", false),
        ("imap.gmail.com.example.org", false),
    ])
    func aHostIsADomainAndNotASuffix(_ host: String, _ isSeen: Bool) {
        let identity = ServerIdentity(host: host, greeting: Greeting(), capabilities: Capabilities())
        #expect(ServerSign.host("imap.gmail.com").isSeen(in: identity) == isSeen)
    }
}
