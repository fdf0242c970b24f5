import Foundation
import Testing

@testable import Settings

/// `Config/sentmark.toml` is right as it is, right with every option switched on, and complete.
@Suite struct ExampleTests {
    private let text: String
    private let full: String

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        text = try String(contentsOf: root.appending(path: "Config/sentmark.toml"), encoding: .utf8)
        // "#" without a blank behind it is an option. The accounts of the example each log in differently.
        full = text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.first == "#" && $0.dropFirst().first.map { $0 != " " } == true ? $0.dropFirst() : $0 }
            .joined(separator: "\n")
    }

    private func parseFull() throws -> Settings {
        try Settings.parse(text: Array(full.utf8), file: "/c/sentmark.toml", isPrivate: true, home: nil) { path in
            #expect(path == "/c/people.csv")
            return PlainFile(bytes: Array("user\nann\nben\n".utf8), isPrivate: false)
        }
    }

    @Test func isRightAsItIs() throws {
        let settings = try Settings.parse(text: text, file: "/c/sentmark.toml")
        #expect(settings.accounts.count == 1 && settings.sources.count == 1 && settings.server == nil)
        #expect(settings.warnings.isEmpty)
    }

    @Test func isRightWithEveryOption() throws {
        let settings = try parseFull()
        #expect(settings.accounts.map(\.name) == ["work", "club", "lists", "office", "local", "ann", "ben"])
        #expect(settings.warnings.map(\.path) == ["account[5].password"])
    }

    @Test func showsTheDefaults() throws {
        let minimal = try Settings.parse(
            text: """
                [server]
                public_url = "https://px.example.org"
                trusted_proxies = ["127.0.0.1/32", "::1/128"]
                certificate_file = "px.pem"
                key_file = "keys/px.pem"
                metrics_listen = "127.0.0.1:9025"
                [[account]]
                imap = "imaps://imap.example.org"
                user = "me@example.org"
                password_file = "p"
                """, file: "/c/sentmark.toml")
        let shown = try parseFull()
        #expect(shown.server == minimal.server)
        #expect(shown.keywords == minimal.keywords)
        #expect(shown.labels == minimal.labels)
        #expect(shown.colors == minimal.colors)
        #expect(shown.privacy == minimal.privacy)
        #expect(shown.ranges.urls == minimal.ranges.urls)
        #expect(shown.ranges.automatic == minimal.ranges.automatic)
        #expect(shown.accounts.first?.sent == minimal.accounts.first?.sent)
        #expect(shown.accounts.first?.since == minimal.accounts.first?.since)
        #expect(shown.accounts.first?.archives == minimal.accounts.first?.archives)
        #expect(shown.accounts.first?.compress == minimal.accounts.first?.compress)
        #expect(shown.accounts.first?.show == minimal.accounts.first?.show)
        #expect(shown.accounts.first?.sentCopy == minimal.accounts.first?.sentCopy)
    }

    @Test func documentsEveryKeyAndNoOther() throws {
        let root = try TOMLTable(parsing: Array(full.utf8))
        var keys: Set<String> = []
        for section in root.entries {
            switch section.node.value {
            case .table(let table): keys.formUnion(table.entries.map { "\(section.key).\($0.key)" })
            case .array(let elements):
                for case .table(let table) in elements.map(\.value) {
                    keys.formUnion(table.entries.map { "\(section.key).\($0.key)" })
                }
            default: keys.insert(section.key)
            }
        }
        // These exclude the one that is shown.
        let mentioned: Set = [
            "submission.password_command", "submission.password_credential", "server.store_password_command",
            "server.store_password_file", "server.store_password_credential",
        ]
        #expect(
            text.contains("at most one of store_password_command, store_password_file,\n# store_password_credential"))
        #expect(text.contains("at most one of password_command, password_file,\n# password_credential"))
        #expect(keys.isDisjoint(with: mentioned) && keys.union(mentioned) == Settings.keys)
    }
}
