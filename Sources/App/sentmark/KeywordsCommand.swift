import Agent
import ArgumentParser
import SentSync
import Settings

struct KeywordsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keywords",
        abstract: "Print what makes your mail program show the keywords with names and colours.",
        discussion: """
            Without CLIENT: which mail programs are known, which of them can, and what the keywords mean. With CLIENT: the \
            lines for its configuration, for the keywords that yours has.

            EXAMPLES
              sentmark keywords
              sentmark keywords thunderbird >> ~/.thunderbird/PROFILE/user.js
              sentmark keywords neomutt >> ~/.config/neomutt/neomuttrc

            JSON (without CLIENT)
              keywords: keyword, label, color.
              clients: name, title, shows (yes, by itself, no), tried (versions).
            """)

    @OptionGroup var config: ConfigOptions

    @Argument(
        help: ArgumentHelp("A mail program, such as thunderbird.", valueName: "client"),
        completion: .list(ClientGuide.all.map(\.name)))
    var client: String?

    @Flag(help: "Print the list as JSON.")
    var json = false

    func validate() throws {
        if client != nil, json { throw ValidationError("--json lists the clients and takes no CLIENT") }
    }

    func run() async throws {
        let names = try config.loadIfPresent().map { KeywordNames($0.keywords) } ?? .standard
        let looks = KeywordLook.all(names)
        guard let client else {
            return try StandardOutput.write(json ? try JSONText.of(KeywordsJSON(looks)) : Self.list(looks))
        }
        guard let guide = ClientGuide.find(client) else {
            throw Failure(
                .usage, "client \(client): not known here", action: "'sentmark keywords' lists those that are known")
        }
        try StandardOutput.write(guide.text(looks))
    }

    static func list(_ looks: [KeywordLook]) -> String {
        var keywords = TextTable([.init("KEYWORD"), .init("SHOWN AS"), .init("COLOUR")])
        keywords.rows = looks.map { [$0.keyword, $0.label, $0.color] }
        var clients = TextTable([.init("CLIENT"), .init("SHOWS THEM"), .init("MAIL PROGRAM"), .init("TRIED WITH")])
        clients.rows = ClientGuide.all.map { [$0.name, $0.ability.rawValue, $0.title, $0.tried ?? "–"] }
        return keywords.rendered(width: nil) + "\n" + clients.rendered(width: nil)
            + "\nWhat was not tried follows the documentation of that program."
            + "\nFor the lines of one of them: sentmark keywords CLIENT"
            + "\nWhere keywords are not shown or not kept, labels, coloured flags or copies may be: see 'show' and"
            + "\n'copy_opened_to' in the configuration. 'sentmark doctor' says what an account shows.\n"
    }
}

/// `sentmark keywords --json`. Fields are added, never changed or taken away.
struct KeywordsJSON: Encodable {
    struct Keyword: Encodable {
        let keyword: String
        let label: String
        let color: String
    }

    struct Client: Encodable {
        let name: String
        let title: String
        let shows: ClientGuide.Ability
        let tried: String?
    }

    let keywords: [Keyword]
    let clients: [Client]

    init(_ looks: [KeywordLook]) {
        keywords = looks.map { Keyword(keyword: $0.keyword, label: $0.label, color: $0.color) }
        clients = ClientGuide.all.map { Client(name: $0.name, title: $0.title, shows: $0.ability, tried: $0.tried) }
    }
}
