import ArgumentParser
import Testing

@testable import sentmark

struct CommandLineTests {
    static let commands: [any ParsableCommand.Type] = all(under: Sentmark.self)

    private static func all(under command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        let configuration = command.configuration
        return [command]
            + (configuration.subcommands + configuration.groupedSubcommands.flatMap(\.subcommands))
            .flatMap { all(under: $0) }
    }

    @Test(arguments: [
        [], ["status"],
        ["status", "--state", "opened", "--state", "machine_only", "--since", "7d", "--limit", "5", "--json"],
        ["why", "a@b", "--config", "c.toml"], ["token", "new"], ["token", "new", "--html", "--recipient", "255"],
        [
            "token", "new", "--url", "--credential-file", "px", "--base", "https://px.example.org", "--level",
            "detailed",
        ],
        ["token", "inspect", "-"], ["stream", "add", "me", "-o", "px"], ["stream", "list", "--json"],
        ["stream", "revoke", "me"], ["stream", "revoke", "me", "--epoch", "3"], ["stream", "rotate", "me", "-o", "px"],
        ["stream", "retire", "me"], ["stream", "erase", "me"], ["stream", "erase", "--token", "a", "--token", "b"],
        ["serve"], ["serve", "--config", "c.toml"], ["serve", "run"], ["serve", "--check"],
        ["serve", "backup", "copy"], ["run"],
        ["classify", "-"], ["keywords"], ["keywords", "mutt"],
        ["service", "install", "--no-start", "--force"], ["service", "uninstall"], ["service", "status", "--json"],
        ["doctor", "--write", "--json", "--config", "c.toml"],
        ["ranges", "status", "--json"], ["ranges", "update"], ["ranges", "update", "apple-relay", "aws"],
    ])
    func accepts(_ arguments: [String]) throws {
        _ = try Sentmark.parseAsRoot(arguments)
    }

    @Test(arguments: [
        ["nonsense"], ["status", "--limit", "0"], ["status", "--state", "unread"], ["status", "--since", "soon"],
        ["why"],
        ["token", "new", "--recipient", "254"], ["token", "new", "--recipient", "256"],
        ["token", "new", "--url", "--html"],
        ["token", "new", "--base", "https://x"], ["token", "new", "--json", "--credential-file", "px"],
        ["token", "new", "--source", "a", "--credential-file", "px"], ["token", "new", "--level", "secret"],
        ["token", "new", "--credential-file", "px", "--base", "px.example.org"],
        ["stream", "add"], ["classify"], ["keywords", "mutt", "--json"], ["serve", "--json"],
        ["ranges", "update", "apple"],
    ])
    func refuses(_ arguments: [String]) {
        do {
            _ = try Sentmark.parseAsRoot(arguments)
            Issue.record("accepted")
        } catch {
            #expect(Sentmark.exitCode(for: error).rawValue == SystemExit.usage.rawValue)
        }
    }

    /// What a person reads first: an abstract, more words, and examples whose lines are not broken in two.
    @Test(arguments: commands.map { "\($0)" })
    func hasHelp(_ name: String) throws {
        let command = try #require(Self.commands.first { "\($0)" == name })
        let configuration = command.configuration
        #expect(!configuration.abstract.isEmpty)
        #expect(!configuration.discussion.isEmpty)
        let set = configuration.discussion.split(separator: "\n").filter { $0.hasPrefix("  ") }
        #expect(set.allSatisfy { $0.count < 80 })
        let needsExamples = command != Sentmark.self && command != RunCommand.self
        #expect(!needsExamples || configuration.discussion.contains("EXAMPLES"))
    }

    @Test(arguments: StateArgument.allCases)
    func knowsAStateByBothNames(_ state: StateArgument) {
        #expect(StateArgument(argument: state.rawValue) == state)
        #expect(StateArgument(argument: state.status.rawValue) == state)
    }
}

struct ClientGuideTests {
    @Test(arguments: [
        ("Thunderbird", "thunderbird"), ("apple mail", "applemail"), ("Mail.app", "applemail"),
        ("K-9", "thunderbird-android"),
        ("K9", "thunderbird-android"), ("claws-mail", "claws"), ("isync", "notmuch"),
    ])
    func isFoundByItsNames(_ name: String, _ expected: String) {
        #expect(ClientGuide.find(name)?.name == expected)
    }

    @Test func namesAreNotShared() {
        let names = ClientGuide.all.flatMap { [$0.name] + $0.aliases }
        #expect(Set(names).count == names.count)
        #expect(ClientGuide.find("pine") == nil)
    }

    /// A program that shows keywords is told of every one, and of none that is switched off.
    @Test(arguments: ClientGuide.all.filter { $0.ability != .no }.map(\.name))
    func namesTheConfiguredKeywords(_ name: String) throws {
        let guide = try #require(ClientGuide.find(name))
        let looks = KeywordLook.all(.init([.tracked: "verfolgt", .opened: "gelesen"]))
        let text = guide.text(looks).lowercased()
        #expect(looks.allSatisfy { text.contains($0.keyword) })
        #expect(!text.contains("opened-again"))
    }
}
