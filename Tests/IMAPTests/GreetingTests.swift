import Testing

@testable import IMAP

struct GreetingTests {
    @Test func collectsWhatWasSaidUpToTheLogin() {
        let greeting = Greeting(lines: [
            "* OK [CAPABILITY IMAP4rev1 ID] Dovecot (Debian) ready.", "* CAPABILITY IMAP4rev1 AUTH=PLAIN",
            "A001 OK listed",
            "+ ", "A002 OK [CAPABILITY IMAP4rev1 IDLE] Logged in",
        ])
        #expect(greeting.text == "Dovecot (Debian) ready.")
        #expect(greeting.capabilities == Capabilities([.imap4rev1, .id, "AUTH=PLAIN", .idle]))
    }

    @Test(arguments: [
        ([], ""), ([""], ""), (["* OK"], ""), (["garbage", "* OK late"], ""), (["* BYE no"], ""),
        (["* OK ready [RgBS==]"], "ready [RgBS==]"), (["* OK Welcome {5}", "* CAPABILITY X"], "Welcome {5}"),
    ])
    func bearsAnything(_ lines: [String], _ text: String) {
        #expect(Greeting(lines: lines).text == text)
    }

    @Test(arguments: [
        (["* OK [CAPABILITY A] hi", "A1 OK listed", "A2 OK [CAPABILITY IDLE ID] in"], [Capability.idle, .id]),
        (["* OK [CAPABILITY A] hi", "A1 OK [CAPABILITY B] listed", "A2 OK in"], nil),
        // Dovecot, to a client that has asked before the login.
        (
            ["* OK hi", "* CAPABILITY A", "A1 OK listed", "+ ", "* CAPABILITY IDLE ID", "A2 OK Logged in"],
            [.idle, .id]
        ),
        (["* OK hi", "* CAPABILITY IDLE", "A1 OK listed", "+ ", "A2 OK in"], nil),
        (["* OK hi", "* CAPABILITY IDLE", "A1 OK in"], nil),
        (["* OK hi", "A1 OK listed", "* CAPABILITY IDLE", "A2 NO no"], nil),
        (["* CAPABILITY IDLE", "A2 NO [CAPABILITY IDLE] no"], nil),
        (["A2 OK [CAPABILITY IDLE XAPPLEPUSHSERVICE] in"], nil), ([], nil),
    ])
    func onlyTheAnswerToTheLoginListsWhatHoldsAfterIt(_ lines: [String], _ expected: [Capability]?) {
        #expect(Greeting(lines: lines).afterLogin == expected.map { Capabilities($0) })
    }

    /// A line that announces a literal takes no other line with it.
    @Test func everyLineStandsForItself() {
        let greeting = Greeting(lines: ["* OK hi", "* CAPABILITY {99}", "A002 OK [CAPABILITY IDLE] in"])
        #expect(greeting.capabilities == Capabilities([.idle]))
    }

    @Test func isBounded() {
        let greeting = Greeting(lines: ["* OK " + String(repeating: "ä", count: 1000)])
        #expect(greeting.text.utf8.count == Greeting.textLimit)
    }
}
