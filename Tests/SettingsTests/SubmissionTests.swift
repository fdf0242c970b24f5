import Testing

@testable import Settings

@Suite struct SubmissionTests {
    private static let rest = """

        [[account]]
        imap = "imaps://imap.example.org"
        user = "me@example.org"
        password_file = "p"
        [[account]]
        name = "other"
        imap = "imaps://imap.example.net"
        user = "other"
        addresses = ["a@example.net", "b@EXAMPLE.net"]
        password_file = "p"
        smtp = "smtp://127.0.0.1:2525"
        smtp_cleartext = true
        [[account]]
        name = "nobody"
        imap = "imaps://imap.example.net"
        user = "nobody"
        password_file = "p"
        [[source]]
        kind = "sentmark"
        url = "https://px.example.org"
        credential_file = "c"
        """

    private func parse(_ text: String) throws -> Settings {
        try Settings.parse(text: text + Self.rest, file: "/c/sentmark.toml")
    }

    @Test func saysLittleAndMeansTheRest() throws {
        let settings = try parse("[submission]\nupstream = \"smtps://smtp.example.org\"")
        let submission = try #require(settings.submission)
        #expect(submission.listen.description == "127.0.0.1:5870" && submission.listenTLS == nil)
        #expect(submission.password == .file("/c/keys/submission") && submission.isPasswordMade)
        #expect(submission.track == .listed && submission.tokens == .shared && submission.short == .pad)
        #expect(submission.stripQuoted && !submission.htmlFromText && submission.disclosure == nil)
        #expect(submission.source == "px.example.org" && submission.sendmail == nil)
        // The file that is made need not be there.
        #expect(!settings.neededFiles.map(\.value).contains("/c/keys/submission"))
    }

    @Test func anAccountHasAnUpstreamOfItsOwnOrTheCommonOne() throws {
        let settings = try parse("[submission]\nupstream = \"smtps://smtp.example.org\"")
        #expect(
            settings.accounts.map(\.smtp?.url.text) == ["smtps://smtp.example.org", "smtp://127.0.0.1:2525", nil])
        #expect(settings.accounts.map(\.smtp?.cleartext) == [false, true, nil])
        #expect(settings.accounts.map(\.addresses) == [["me@example.org"], ["a@example.net", "b@example.net"], []])
    }

    @Test func aPasswordThatIsNamedIsNotMade() throws {
        let settings = try parse("[submission]\npassword_file = \"mine\"")
        #expect(settings.submission?.password == .file("/c/mine") && settings.submission?.isPasswordMade == false)
        #expect(settings.neededFiles.map(\.value).contains("/c/mine"))
    }

    @Test func listensToOthersWithTLSOnly() throws {
        let settings = try parse(
            """
            [submission]
            listen = "0.0.0.0:587"
            listen_tls = "[::]:465"
            certificate_file = "chain.pem"
            key_file = "key.pem"
            """)
        #expect(settings.submission?.listen.description == "0.0.0.0:587")
        #expect(settings.submission?.listenTLS?.description == "[::]:465")
        #expect(settings.submission?.certificate == .init(chainFile: "/c/chain.pem", keyFile: "/c/key.pem"))
    }

    @Test func sendmailNeedsNoUpstream() throws {
        let settings = try Settings.parse(
            text: """
                [submission]
                sendmail = ["/usr/sbin/sendmail", "-oi"]
                [[account]]
                imap = "imaps://imap.example.org"
                user = "me"
                password_file = "p"
                """, file: "/c/sentmark.toml")
        #expect(settings.submission?.sendmail == ["/usr/sbin/sendmail", "-oi"])
        #expect(settings.warnings.map(\.path).contains("submission"))
    }

    @Test func anAccountMayHaveAnOutbox() throws {
        func outbox(_ name: String, smtp: Bool = true, submission: Bool = true) throws -> String? {
            try Settings.parse(
                text: """
                    \(submission ? "[submission]\nsendmail = [\"sendmail\"]" : "")
                    [[account]]
                    imap = "imaps://imap.example.org"
                    user = "me@example.org"
                    password_file = "p"
                    outbox = "\(name)"
                    \(smtp ? "smtp = \"smtps://smtp.example.org\"" : "")
                    """, file: "s.toml"
            ).accounts.first?.outbox
        }
        #expect(try outbox("Tracked Outbox") == "Tracked Outbox")
        let mistakes = [
            ("Inbox", true, true, "is where mail arrives"),
            ("Out", false, true, "nothing says where the account's mail is sent to"),
            ("Out", true, false, "nothing says how mail is sent"), ("", true, true, "is empty"),
        ]
        for (name, smtp, submission, what) in mistakes {
            let problems = #expect(throws: SettingsProblems.self) {
                try outbox(name, smtp: smtp, submission: submission)
            }
            #expect(problems?.description.contains("account[1].outbox: \(what)") == true)
        }
    }
}
