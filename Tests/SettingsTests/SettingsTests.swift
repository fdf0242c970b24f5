import Foundation
import Secrets
import Testing

@testable import Settings

@Suite struct SettingsTests {
    @Test func fillsInTheDefaults() throws {
        let settings = try Settings.parse(text: fixture("good/minimal.toml"), file: "/etc/sentmark/minimal.toml")
        let account = try #require(settings.accounts.first)
        #expect(settings.accounts.count == 1)
        #expect(account.name == "me@example.org")
        #expect(account.imap.host == "imap.example.org" && account.imap.port == 993 && account.imap.scheme == "imaps")
        #expect(account.login == .password(.command(["pass", "show", "mail/work"])))
        #expect(account.sent == .automatic)
        #expect(account.since == .seconds(30 * 86_400))
        #expect(!account.cleartext && account.caFile == nil && account.proxy == nil && account.pollInterval == nil)
        #expect(settings.server == nil)
        #expect(settings.keywords.openedAgain == "opened-again" && settings.keywords.followUp == "follow-up")
        #expect(settings.privacy == .init(level: .pseudonymous, retention: .seconds(180 * 86_400)))
        #expect(settings.warnings.map(\.path) == ["account"])
    }

    @Test func readsEveryFormOfTOML() throws {
        let settings = try Settings.parse(text: fixture("good/many.toml"), file: "/etc/sentmark/many.toml")
        let (first, second) = (try #require(settings.accounts.first), try #require(settings.accounts.last))
        #expect(first.imap.host == "::1" && first.imap.port == 1143 && first.imap.isLoopback && first.cleartext)
        #expect(first.login == .password(.file("/etc/sentmark/keys/a")))
        #expect(second.imap.text == "IMAPS://IMAP.Example.org:1993" && second.imap.host == "imap.example.org")
        #expect(second.login == .bearer(command: ["/etc/sentmark/./token", "b"]))
        #expect(second.sent == .named(["Gesendet"]))
        let server = try #require(settings.server)
        #expect(server.publicURL.text == "http://localhost:8025" && server.listen.description == "127.0.0.1:8025")
        #expect(server.store == .file("/etc/sentmark/hits/all.db"))
        #expect(server.secretFile == "/etc/sentmark/keys/server")
        #expect(server.trustedProxies.map(\.description) == ["10.0.0.0/8", "::1/128"])
        #expect(server.retention == .seconds(14 * 86_400), "as in [privacy]")
        #expect(settings.keywords.opened == "$Displayed" && settings.keywords.reached == nil)
        let source = try #require(settings.sources.first)
        #expect(source.name == "127.0.0.1" && source.credentialFile == "/etc/sentmark/px")
        #expect(source.pixelURL.path == "/a" && source.url.path.isEmpty)
        #expect(settings.warnings.isEmpty)
    }

    @Test func readsADatabase() throws {
        let text = """
            [server]
            public_url = "https://px.example.org"
            store = "postgresql://me@db.example.org/hits"
            store_password_file = "keys/database"
            """
        let settings = try Settings.parse(text: text, file: "/etc/sentmark/a.toml")
        let url = try DatabaseURL(parsing: "postgresql://me@db.example.org/hits")
        #expect(settings.server?.store == .postgresql(url, .file("/etc/sentmark/keys/database")))
    }

    @Test(arguments: [
        ("/abs/pw", "/abs/pw"), ("pw", "/cfg/pw"), ("../pw", "/cfg/../pw"), ("~/pw", "/home/me/pw"),
        ("~other/pw", "/cfg/~other/pw"),
    ])
    func pathsAreRelativeToTheFile(_ written: String, _ meant: String) throws {
        let text = """
            [[account]]
            imap = "imaps://imap.example.org"
            user = "me"
            password_file = "\(written)"
            """
        let settings = try Settings.parse(text: text, file: "/cfg/config.toml", home: "/home/me")
        #expect(settings.accounts.first?.login == .password(.file(meant)))
    }

    @Test(
        arguments: [
            (["SENTMARK_CONFIG": "mine.toml", "HOME": "/h"], "mine.toml"),
            (["XDG_CONFIG_HOME": "/x", "HOME": "/h"], "/x/sentmark/config.toml"),
            (["XDG_CONFIG_HOME": "relative", "HOME": "/h"], "/h/.config/sentmark/config.toml"),
            (["HOME": "/h", "SENTMARK_CONFIG": ""], "/h/.config/sentmark/config.toml"),
        ] as [([String: String], String)])
    func findsTheFile(_ environment: [String: String], _ path: String) {
        #expect(Settings.defaultPath(environment: environment) == path)
    }

    static let shows: [(written: String, meant: Settings.Show)] = [
        ("\"auto\"", .automatic), ("\"none\"", .these([])), ("[]", .these([])), ("\"labels\"", .these([.labels])),
        ("[\"keywords\", \"colours\"]", .these([.keywords, .colors])),
    ]

    @Test(arguments: shows)
    func readsWhatIsShown(_ written: String, _ meant: Settings.Show) throws {
        let text = """
            [[account]]
            imap = "imaps://imap.example.org"
            user = "me"
            password_file = "p"
            show = \(written)
            copy_opened_to = "Geöffnet"
            [labels]
            reached = "a b/c"
            tracked = false
            [colours]
            tracked = "red"
            opened = "red"
            """
        let settings = try Settings.parse(text: text, file: "/c/config.toml")
        #expect(settings.accounts.first?.show == meant && settings.accounts.first?.copyOpenedTo == "Geöffnet")
        #expect(settings.labels.reached == "a b/c" && settings.labels.tracked == nil && settings.labels.opened == "✓✓")
        #expect(settings.colors.tracked == "red" && settings.colors.opened == "red")
        #expect(meant.contains(.labels) == [.automatic, .these([.labels])].contains(meant))
    }
}
