import Testing

@testable import Transport

struct LoginRefusalTests {
    struct Case: Sendable {
        let lines: [String]
        let means: LoginRefusal
        var isIMAP = true

        init(_ last: String..., means: LoginRefusal) {
            lines = ["* OK ready", "* CAPABILITY IMAP4rev1 AUTH=PLAIN", "A001 OK listed"] + last
            self.means = means
        }

        init(all lines: [String], isIMAP: Bool = true, means: LoginRefusal) {
            self.lines = lines
            self.isIMAP = isIMAP
            self.means = means
        }
    }

    @Test(arguments: [
        // Dovecot, Cyrus, Exchange, Gmail, Yahoo
        Case(
            "A002 NO [AUTHENTICATIONFAILED] Authentication failed.",
            means: .rejected("[AUTHENTICATIONFAILED] Authentication failed.")),
        Case("A002 NO authentication failure", means: .rejected("authentication failure")),
        Case("A002 NO AUTHENTICATE failed.", means: .rejected("AUTHENTICATE failed.")),
        Case(
            "A002 NO [ALERT] Application-specific password required (Failure)",
            means: .rejected("[ALERT] Application-specific password required (Failure)")),
        Case("A002 BAD [AUTHENTICATIONFAILED] Invalid", means: .rejected("[AUTHENTICATIONFAILED] Invalid")),
        Case("A002 no [expired] Old password", means: .rejected("[expired] Old password")),
        Case("A002 NO", means: .rejected("")),
        // Courier says goodbye after the refusal.
        Case("A002 NO Login failed.", "* BYE Disconnected", means: .rejected("Login failed.")),
        Case("A002 NO [UNAVAILABLE] Try later", means: .unavailable("[UNAVAILABLE] Try later")),
        Case("A002 NO [LIMIT] Enough", means: .unavailable("[LIMIT] Enough", after: .seconds(60))),
        Case("A002 NO [INUSE] Locked", means: .unavailable("[INUSE] Locked", after: .seconds(60))),
        Case(
            "A002 NO [ALERT] Too many simultaneous connections. (Failure)",
            means: .unavailable("[ALERT] Too many simultaneous connections. (Failure)")),
        Case("A002 NO Server Unavailable. 15", means: .unavailable("Server Unavailable. 15")),
        Case("A002 NO [CONTACTADMIN] Locked", means: .needsPerson("[CONTACTADMIN] Locked")),
        Case(
            "A002 NO [WEBALERT https://example.org] Web login required.",
            means: .needsPerson("[WEBALERT https://example.org] Web login required.")),
        Case("A002 BAD Error in IMAP command", means: .notUnderstood("Error in IMAP command")),
        Case("* BYE Too many connections", means: .unavailable("Too many connections")),
        Case(all: ["* BYE [LIMIT] Later"], means: .unavailable("[LIMIT] Later", after: .seconds(60))),
        // {"status":"401"}
        Case("+ eyJzdGF0dXMiOiI0MDEifQ==", means: .rejected(#"{"status":"401"}"#)),
        Case("+ ", means: .rejected("")),
        Case(means: .noMechanism),
        Case(all: [], means: .silence),
        Case(all: ["SSH-2.0-OpenSSH_9.2"], means: .silence),
        Case(all: ["* OK A002 NO is not a tag"], means: .silence),
        Case(
            all: ["220 ready", "250 AUTH PLAIN", "535 5.7.8 Wrong"], isIMAP: false, means: .rejected("535 5.7.8 Wrong")),
        Case(all: ["421 4.7.0 Later"], isIMAP: false, means: .unavailable("421 4.7.0 Later")),
        Case(all: ["220 ready", "250 PIPELINING"], isIMAP: false, means: .noMechanism),
        Case(all: ["22"], isIMAP: false, means: .silence),
    ])
    func serverTextIsRead(_ test: Case) {
        #expect(LoginRefusal.read(test.lines, isIMAP: test.isIMAP) == test.means)
    }

    @Test func everyCutOfALineIsRead() {
        let line = "A002 NO [LIMIT x] Too many"
        for end in line.indices { _ = LoginRefusal.read([String(line[..<end])], isIMAP: true) }
    }
}
